//! A worker's connection: statements in, Arrow out, transactions as dbt-duckdb tracks them.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use arrow::array::RecordBatch;
use arrow::datatypes::{Field, Schema, SchemaRef};
use duckdb::core::LogicalTypeId;
use duckdb::{Connection as RawConnection, InterruptHandle, Statement};

use super::credentials::Retries;
use super::engine::{backoff, is_retryable};
use super::errors::{classify, from_crate};
use super::profiler::Profiler;
use super::statements::apart;
use super::vacuum::Deletions;
use crate::adapter::{
    AdapterError, AdapterErrorKind, AdapterResponse, ArrowTable, Connection, ENGINE_TYPE, Interrupter, StatementProfile,
};

/// One connection to the database, with the transaction that rdbt has opened on it.
pub(super) struct DuckDbConnection {
    name: String,
    raw: RawConnection,
    /// Kept so that the engine can interrupt this connection for as long as it lives.
    interrupt: Arc<InterruptHandle>,
    retries: Option<Retries>,
    in_transaction: bool,
    deletions: Arc<Deletions>,
    /// Where DuckDB's profiles go, if they are wanted.
    profiler: Option<Profiler>,
}

impl DuckDbConnection {
    pub(super) fn new(
        name: &str,
        raw: RawConnection,
        interrupt: Arc<InterruptHandle>,
        retries: Option<Retries>,
        deletions: Arc<Deletions>,
    ) -> Self {
        let (name, in_transaction) = (name.to_owned(), false);
        DuckDbConnection { name, raw, interrupt, retries, in_transaction, deletions, profiler: None }
    }

    /// Runs a statement, again if the profile's `retries` say so.
    fn attempt(&self, sql: &str, fetch: bool) -> Result<Option<ArrowTable>, AdapterError> {
        let attempts = self.retries.as_ref().and_then(|retries| retries.query_attempts).unwrap_or(1).max(1);
        let mut attempt = 0;
        loop {
            match self.guarded(sql, fetch) {
                Err(error) if attempt + 1 < attempts && is_retryable(self.retries.as_ref(), &error) => {
                    std::thread::sleep(backoff(attempt));
                    attempt += 1;
                }
                done => return done,
            }
        }
    }

    /// Runs the statements of a text one by one, for DuckDB tells of the last one of a text only.
    fn profiled(&mut self, sql: &str, fetch: bool) -> Result<Option<ArrowTable>, AdapterError> {
        let statements = apart(&self.raw, sql);
        let last = statements.len() - 1;
        let mut table = None;
        for (index, statement) in statements.iter().enumerate() {
            let began = Instant::now();
            let done = self.attempt(statement, fetch && index == last);
            if let Some(profiler) = &mut self.profiler {
                profiler.note(&self.raw, statement.trim(), began, done.as_ref().err());
            }
            table = done?;
        }
        Ok(table)
    }

    /// The `duckdb` crate panics on some results that it cannot convert; that must fail the statement only.
    fn guarded(&self, sql: &str, fetch: bool) -> Result<Option<ArrowTable>, AdapterError> {
        let ran = catch_unwind(AssertUnwindSafe(|| if fetch { self.query(sql) } else { self.run(sql) }));
        ran.unwrap_or_else(|_| {
            Err(AdapterError::new(
                AdapterErrorKind::Statement,
                format!("The result of the statement on connection `{}` has a type that cannot be read.", self.name),
            )
            .with_hint("Cast the unusual columns to VARCHAR in the query."))
        })
    }

    fn run(&self, sql: &str) -> Result<Option<ArrowTable>, AdapterError> {
        if is_blank(sql) {
            return Ok(None);
        }
        self.raw.execute_batch(sql).map(|()| None).map_err(|error| from_crate(&error))
    }

    fn query(&self, sql: &str) -> Result<Option<ArrowTable>, AdapterError> {
        if is_blank(sql) {
            return Ok(Some(ArrowTable { schema: Arc::new(Schema::empty()), batches: Vec::new() }));
        }
        let mut statement = self.raw.prepare(sql).map_err(|error| from_crate(&error))?;
        statement.execute([]).map_err(|error| from_crate(&error))?;
        let schema = with_engine_types(&statement);
        let mut batches = Vec::new();
        while let Some(array) = statement.step().map_err(|error| from_crate(&error))? {
            let batch = RecordBatch::try_new(schema.clone(), array.columns().to_vec());
            batches.push(batch.map_err(|error| classify(error.to_string()))?);
        }
        Ok(Some(ArrowTable { schema, batches }))
    }

    fn control(&mut self, sql: &str, open_after: bool) -> Result<(), AdapterError> {
        self.in_transaction = open_after;
        self.guarded(sql, false).map(|_| ())
    }
}

impl Connection for DuckDbConnection {
    fn execute(&mut self, sql: &str, fetch: bool) -> Result<(AdapterResponse, Option<ArrowTable>), AdapterError> {
        self.deletions.note(sql);
        let table = if self.profiler.is_some() { self.profiled(sql, fetch)? } else { self.attempt(sql, fetch)? };
        Ok((AdapterResponse { message: "OK".to_owned(), ..AdapterResponse::default() }, table))
    }

    fn begin(&mut self) -> Result<(), AdapterError> {
        if self.in_transaction {
            return Ok(());
        }
        let began = self.control("BEGIN", true);
        self.in_transaction = began.is_ok();
        began
    }

    fn commit(&mut self) -> Result<(), AdapterError> {
        if !self.in_transaction {
            return Ok(());
        }
        self.control("COMMIT", false)
    }

    fn rollback(&mut self) -> Result<(), AdapterError> {
        if !self.in_transaction {
            return Ok(());
        }
        self.control("ROLLBACK", false)
    }

    fn in_transaction(&self) -> bool {
        self.in_transaction
    }

    fn interrupter(&self) -> Interrupter {
        let handle = self.interrupt.clone();
        Arc::new(move || handle.interrupt())
    }

    fn profile(&mut self) -> Result<(), AdapterError> {
        self.profiler = Some(Profiler::start(&self.raw)?);
        Ok(())
    }

    fn take_profiles(&mut self) -> Vec<StatementProfile> {
        self.profiler.as_mut().map(Profiler::take).unwrap_or_default()
    }
}

impl Drop for DuckDbConnection {
    /// DuckDB rolls back what is open when a connection goes; saying so first keeps the file free for a checkpoint.
    fn drop(&mut self) {
        if self.in_transaction {
            let _ = self.guarded("ROLLBACK", false);
        }
    }
}

/// Whether there is nothing to run: DuckDB's parser has no statement for it, Python's client accepts it.
fn is_blank(sql: &str) -> bool {
    let mut rest = sql.trim_start_matches(|c: char| c.is_whitespace() || c == ';');
    loop {
        if let Some(comment) = rest.strip_prefix("--") {
            rest = comment.split_once('\n').map_or("", |(_, after)| after);
        } else if let Some(comment) = rest.strip_prefix("/*") {
            rest = comment.split_once("*/").map_or("", |(_, after)| after);
        } else {
            return rest.is_empty();
        }
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ';');
    }
}

/// Names DuckDB's type on the fields whose Arrow type says less.
fn with_engine_types(statement: &Statement<'_>) -> SchemaRef {
    let schema = statement.schema();
    let fields = schema.fields().iter().enumerate().map(|(index, field)| {
        let Some(name) = engine_type(statement.column_logical_type(index).id()) else { return field.as_ref().clone() };
        let metadata = HashMap::from([(ENGINE_TYPE.to_owned(), name.to_owned())]);
        Field::new(field.name(), field.data_type().clone(), true).with_metadata(metadata)
    });
    Arc::new(Schema::new(fields.collect::<Vec<Field>>()))
}

fn engine_type(id: LogicalTypeId) -> Option<&'static str> {
    Some(match id {
        LogicalTypeId::Hugeint => "HUGEINT",
        LogicalTypeId::UHugeint => "UHUGEINT",
        LogicalTypeId::Uuid => "UUID",
        LogicalTypeId::TimeTZ => "TIME WITH TIME ZONE",
        LogicalTypeId::Bit => "BIT",
        LogicalTypeId::Bignum => "BIGNUM",
        _ => return None,
    })
}
