//! The tests `unique` and `not_null` as most projects have them: dbt's own macros, a model and a column. Their texts
//! differ in nothing but these two, so that the macros run once for each of the two tests, with marks in the place of
//! relation and column; all other tests put theirs in. Evaluating the macros was a fifth of what compiling a project
//! costs.

use std::sync::{Arc, OnceLock};

use serde_json::Value as Json;

use super::test_arguments::{self, ARGUMENTS, tested_model};
use crate::context::runtime::{NodeRun, RunShared};
use crate::context::{Globals, Phase, Scope, Subject, leaves_alone, ref_text};
use crate::jinja::plain::{Piece, PlainCall, plain_pieces};
use crate::jinja::value::Dict;
use crate::jinja::{Rendered, Value};
use crate::manifest::Node;

/// Stand for the relation and the column: characters that Unicode leaves to private use.
const MODEL: char = '\u{e000}';
const COLUMN: char = '\u{e001}';

/// The texts of one run.
#[derive(Debug, Default)]
pub struct PlainTests {
    unique: OnceLock<Option<Rendered>>,
    not_null: OnceLock<Option<Rendered>>,
}

impl PlainTests {
    /// What `node` renders to, if it is such a test.
    pub fn text(
        &self,
        globals: &Arc<Globals>,
        shared: &RunShared,
        node: &Arc<Node>,
        run: &Arc<NodeRun>,
    ) -> Option<Rendered> {
        let test = node.generic_test()?;
        let (known, id) = match test.metadata.name.as_str() {
            "unique" => (&self.unique, "macro.dbt.test_unique"),
            "not_null" => (&self.not_null, "macro.dbt.test_not_null"),
            _ => return None,
        };
        let call = format!("{{{{ test_{}(**{ARGUMENTS}) }}}}", test.metadata.name);
        let (model, column) = names(node, &call)?;
        if super::stores_failures(node, globals.invocation.flags.store_failures) {
            return None;
        }
        let pattern = known.get_or_init(|| {
            let ids = [id, "macro.dbt.get_where_subquery"];
            leaves_alone(&globals.macros, &shared.manifest, ids).then(|| pattern(globals, node, run, &call))?
        });
        let Rendered { text: pattern, macros } = pattern.as_ref()?;
        let scope = Arc::new(Scope::new(globals.clone(), Subject::Node(node.clone()), Phase::Run(run.clone())));
        let relation = ref_text(&scope, model)?;
        let mut text = String::with_capacity(pattern.len() + relation.len() + 4 * column.len());
        for letter in pattern.chars() {
            match letter {
                MODEL => text.push_str(&relation),
                COLUMN => text.push_str(column),
                other => text.push(other),
            }
        }
        Some(Rendered { text, macros: macros.clone() })
    }
}

/// The model and the column of a test that has nothing else, and whose text is `call` and a configuration.
fn names<'a>(node: &'a Node, call: &str) -> Option<(&'a str, &'a str)> {
    let arguments = &node.generic_test()?.metadata.kwargs;
    let text = |name: &str| arguments.get(name).and_then(Json::as_str);
    let (model, column) = (tested_model(text("model")?)?, text("column_name")?);
    let configuration = node.raw_code.strip_prefix(call)?;
    let is_configuration = |piece: &Piece| matches!(piece, Piece::Call(PlainCall::Config(_)));
    let plain = arguments.len() == 2
        && node.config.get("where").is_none_or(|condition| condition.as_str() == Some(""))
        && node.config.get("store_failures").is_none_or(|stored| stored.as_bool() == Some(false))
        && (configuration.is_empty() || plain_pieces(configuration)?.iter().all(is_configuration));
    plain.then_some((model, column))
}

/// What `call` comes to with marks for arguments, and the macros that the arguments and the text call.
fn pattern(globals: &Arc<Globals>, node: &Arc<Node>, run: &Arc<NodeRun>, call: &str) -> Option<Rendered> {
    let mut macros = Vec::new();
    test_arguments::render(globals, node, run, &mut macros).ok()?;
    let marks = [("model", MODEL), ("column_name", COLUMN)];
    let marks = marks.map(|(name, mark)| (name.to_owned(), Value::from(mark.to_string())));
    let scope = Scope::new(globals.clone(), Subject::Node(node.clone()), Phase::Run(run.clone()));
    let root = Arc::new(scope.with(ARGUMENTS, Dict::from_pairs(marks))).into_value();
    let rendered = globals.engine.render_str_tracked(call, &node.original_file_path, root).ok()?;
    macros.extend(rendered.macros);
    Some(Rendered { text: rendered.text, macros })
}
