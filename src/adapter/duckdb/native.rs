//! DuckDB's C interface, where the `duckdb` crate has no way to it: functions whose signatures are known only when the program
//! runs. Every call of the C interface of rdbt's own is in this file; what leaves it owns what it stands for.
#![allow(unsafe_code)] // The C interface is unsafe by nature; each block says why it may be called.

use std::ffi::{CStr, CString, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::Arc;

use duckdb::{Connection as RawConnection, ffi};

/// A message of DuckDB's, or of what stands in for it.
pub(super) type Outcome<T> = Result<T, String>;

/// An open database. The instance ends when this and all connections to it are gone.
#[derive(Debug)]
pub(super) struct Database(ffi::duckdb_database);

// SAFETY: DuckDB's databases may be used and closed from any thread.
unsafe impl Send for Database {}
// SAFETY: as above; connecting takes DuckDB's own locks.
unsafe impl Sync for Database {}

impl Database {
    /// Opens a file, or `:memory:`, with options of opening.
    ///
    /// # Errors
    /// DuckDB knows an option not, or cannot open the file.
    pub fn open(path: &str, options: &[(String, String)]) -> Outcome<Database> {
        let path = text(path)?;
        let config = Config::new(options)?;
        let (mut database, mut message) = (ptr::null_mut(), ptr::null_mut());
        // SAFETY: all pointers are valid for the call; DuckDB writes a database or a message.
        let state = unsafe { ffi::duckdb_open_ext(path.as_ptr(), &mut database, config.0, &mut message) };
        if state == ffi::DuckDBSuccess {
            return Ok(Database(database));
        }
        let said = copied(message);
        // SAFETY: the message was allocated by DuckDB for the caller, who frees it.
        unsafe { ffi::duckdb_free(message.cast()) };
        Err(said)
    }

    /// A connection of the `duckdb` crate.
    ///
    /// # Errors
    /// DuckDB refuses.
    pub fn connect(&self) -> Result<RawConnection, duckdb::Error> {
        // SAFETY: the handle is open, and the crate is told not to close it.
        unsafe { RawConnection::open_from_raw(self.0) }
    }

    /// A connection for this file's own statements.
    ///
    /// # Errors
    /// DuckDB refuses.
    pub fn session(&self) -> Outcome<Session> {
        let mut connection = ptr::null_mut();
        // SAFETY: the handle is open; DuckDB writes a connection.
        match unsafe { ffi::duckdb_connect(self.0, &mut connection) } {
            ffi::DuckDBSuccess => Ok(Session(connection)),
            _ => Err("DuckDB refused a connection.".to_owned()),
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // SAFETY: the handle is open and not used again; connections keep the instance alive.
        unsafe { ffi::duckdb_close(&mut self.0) };
    }
}

struct Config(ffi::duckdb_config);

impl Config {
    fn new(options: &[(String, String)]) -> Outcome<Config> {
        let mut config = Config(ptr::null_mut());
        // SAFETY: DuckDB writes a configuration.
        if unsafe { ffi::duckdb_create_config(&mut config.0) } != ffi::DuckDBSuccess {
            return Err("DuckDB refused a configuration.".to_owned());
        }
        for (key, value) in options {
            let (name, value) = (text(key)?, text(value)?);
            // SAFETY: the configuration is open, the texts live through the call.
            if unsafe { ffi::duckdb_set_config(config.0, name.as_ptr(), value.as_ptr()) } != ffi::DuckDBSuccess {
                return Err(format!("Invalid Input Error: The option `{key}` was not recognized"));
            }
        }
        Ok(config)
    }
}

impl Drop for Config {
    fn drop(&mut self) {
        // SAFETY: the configuration is not used again.
        unsafe { ffi::duckdb_destroy_config(&mut self.0) };
    }
}

/// A connection; used by one thread at a time.
#[derive(Debug)]
pub(super) struct Session(ffi::duckdb_connection);

// SAFETY: DuckDB's connections may move between threads.
unsafe impl Send for Session {}

impl Session {
    /// Runs a statement and holds its result.
    ///
    /// # Errors
    /// DuckDB refuses.
    pub fn query(&self, sql: &str) -> Outcome<Answer> {
        let sql = text(sql)?;
        // SAFETY: a result of nothing but zeros is an empty one.
        let mut answer = Answer(unsafe { std::mem::zeroed() });
        // SAFETY: the connection is open; the result is freed by `Answer` whether the statement ran or not.
        match unsafe { ffi::duckdb_query(self.0, sql.as_ptr(), &mut answer.0) } {
            ffi::DuckDBSuccess => Ok(answer),
            // SAFETY: the result holds the message while it lives.
            _ => Err(copied(unsafe { ffi::duckdb_result_error(&mut answer.0) })),
        }
    }

    /// Appends the rows of a chunk to a table of the chunk's types.
    ///
    /// # Errors
    /// DuckDB refuses.
    pub fn append(&self, table: &str, rows: &Rows) -> Outcome<()> {
        let table = text(table)?;
        let mut appender = ptr::null_mut();
        // SAFETY: the connection is open, the chunk lives through the call; destroying the appender flushes it.
        let good = unsafe {
            ffi::duckdb_appender_create(self.0, ptr::null(), table.as_ptr(), &mut appender) == ffi::DuckDBSuccess
                && ffi::duckdb_append_data_chunk(appender, rows.0) == ffi::DuckDBSuccess
        };
        // SAFETY: the appender is not used again.
        let flushed = unsafe { ffi::duckdb_appender_destroy(&mut appender) } == ffi::DuckDBSuccess;
        if good && flushed { Ok(()) } else { Err("The arguments of a function could not be kept.".to_owned()) }
    }

    fn type_named(&self, name: &str) -> Outcome<LogicalType> {
        let mut answer = self.query(&format!("select null::{name}"))?;
        // SAFETY: the result has one column; the type is freed by `LogicalType`.
        Ok(LogicalType(unsafe { ffi::duckdb_column_logical_type(&mut answer.0, 0) }))
    }

    /// Makes a function known to all connections of the database.
    ///
    /// # Errors
    /// There is one of that signature, or a type is unknown.
    pub fn register(&self, signature: &Signature, body: Body) -> Outcome<()> {
        let name = text(&signature.name)?;
        let types: Vec<LogicalType> =
            signature.parameters.iter().map(|name| self.type_named(name)).collect::<Outcome<_>>()?;
        let returns = self.type_named(&signature.returns)?;
        // SAFETY: DuckDB copies names and types and takes the body, which `forget_body` frees; the object is destroyed here,
        // whether it was registered or not.
        let state = unsafe {
            let mut function = ffi::duckdb_create_scalar_function();
            ffi::duckdb_scalar_function_set_name(function, name.as_ptr());
            for one in &types {
                ffi::duckdb_scalar_function_add_parameter(function, one.0);
            }
            ffi::duckdb_scalar_function_set_return_type(function, returns.0);
            if signature.volatile {
                ffi::duckdb_scalar_function_set_volatile(function);
            }
            // NULL is an argument like others: whoever serves the function knows what it makes of it.
            ffi::duckdb_scalar_function_set_special_handling(function);
            let body = Box::into_raw(Box::new(body));
            ffi::duckdb_scalar_function_set_extra_info(function, body.cast(), Some(forget_body));
            ffi::duckdb_scalar_function_set_function(function, Some(call_body));
            let state = ffi::duckdb_register_scalar_function(self.0, function);
            ffi::duckdb_destroy_scalar_function(&mut function);
            state
        };
        match state {
            ffi::DuckDBSuccess => Ok(()),
            _ => Err(format!("The function `{}` could not be made; there may be one already.", signature.name)),
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // SAFETY: the connection is not used again.
        unsafe { ffi::duckdb_disconnect(&mut self.0) };
    }
}

/// The result of a statement.
pub(super) struct Answer(ffi::duckdb_result);

impl Answer {
    /// Writes the first column of all rows to `values`, which has room for `count` rows.
    ///
    /// # Errors
    /// There are more or fewer rows.
    pub fn write_to(&mut self, values: &mut Values, count: u64) -> Outcome<()> {
        let mut written = 0;
        // SAFETY: the result is held by `self`; each chunk is freed before the next is asked for, and its vector is copied.
        unsafe {
            loop {
                let mut chunk = ffi::duckdb_fetch_chunk(self.0);
                if chunk.is_null() {
                    break;
                }
                let size = ffi::duckdb_data_chunk_get_size(chunk);
                if written + size <= count {
                    let from = ffi::duckdb_data_chunk_get_vector(chunk, 0);
                    let every = ffi::duckdb_create_selection_vector(size);
                    let places = ffi::duckdb_selection_vector_get_data_ptr(every);
                    for index in 0..size {
                        *places.add(index as usize) = index as ffi::sel_t;
                    }
                    ffi::duckdb_vector_copy_sel(from, values.0, every, size, 0, written);
                    ffi::duckdb_destroy_selection_vector(every);
                }
                written += size;
                ffi::duckdb_destroy_data_chunk(&mut chunk);
            }
        }
        if written == count { Ok(()) } else { Err(format!("A function gave {written} values for {count} rows.")) }
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        // SAFETY: the result is not used again; DuckDB accepts one that holds nothing.
        unsafe { ffi::duckdb_destroy_result(&mut self.0) };
    }
}

struct LogicalType(ffi::duckdb_logical_type);

impl Drop for LogicalType {
    fn drop(&mut self) {
        // SAFETY: the type is not used again.
        unsafe { ffi::duckdb_destroy_logical_type(&mut self.0) };
    }
}

/// What a function is called by.
#[derive(Debug, Clone)]
pub(super) struct Signature {
    pub name: String,
    /// Types as DuckDB writes them.
    pub parameters: Vec<String>,
    pub returns: String,
    /// Whether two calls with the same arguments may give different values.
    pub volatile: bool,
}

/// Gives the values of a function for some rows of arguments. Called by DuckDB's threads, several at a time.
pub(super) type Body = Arc<dyn Fn(&Rows, &mut Values) -> Outcome<()> + Send + Sync>;

/// Arguments: a column for each parameter.
pub(super) struct Rows(ffi::duckdb_data_chunk);

impl Rows {
    /// How many rows there are.
    pub fn len(&self) -> u64 {
        // SAFETY: DuckDB lends the chunk for the time of the call.
        unsafe { ffi::duckdb_data_chunk_get_size(self.0) }
    }
}

/// Where the values of a function go.
pub(super) struct Values(ffi::duckdb_vector);

unsafe extern "C" fn call_body(
    info: ffi::duckdb_function_info,
    input: ffi::duckdb_data_chunk,
    output: ffi::duckdb_vector,
) {
    // SAFETY: the extra information is the body that `register` gave, which lives as long as the function.
    let body = unsafe { &*ffi::duckdb_scalar_function_get_extra_info(info).cast::<Body>() };
    let done = catch_unwind(AssertUnwindSafe(|| body(&Rows(input), &mut Values(output))));
    let message = match done {
        Ok(Ok(())) => return,
        Ok(Err(message)) => message,
        Err(_) => "A function failed through a fault of rdbt; please report it.".to_owned(),
    };
    let message = CString::new(message.replace('\0', " ")).unwrap_or_default();
    // SAFETY: DuckDB copies the message.
    unsafe { ffi::duckdb_scalar_function_set_error(info, message.as_ptr()) };
}

unsafe extern "C" fn forget_body(body: *mut c_void) {
    // SAFETY: the pointer was made by `register` from a box, and DuckDB calls this once.
    drop(unsafe { Box::from_raw(body.cast::<Body>()) });
}

fn text(text: &str) -> Outcome<CString> {
    CString::new(text).map_err(|_| "A text for DuckDB holds a NUL character.".to_owned())
}

fn copied(message: *const std::ffi::c_char) -> String {
    if message.is_null() {
        return "DuckDB gave no reason.".to_owned();
    }
    // SAFETY: DuckDB's messages are C strings that live at least until the caller's next call.
    unsafe { CStr::from_ptr(message) }.to_string_lossy().into_owned()
}
