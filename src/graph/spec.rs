//! What a selection says: single criteria (`+tag:nightly`), and unions, intersections and differences of them.

use serde_json::Value as Json;

use crate::error::{Error, Result, did_you_mean};
use crate::invocation::Flags;

/// What is selected when nothing is said.
const DEFAULT_INCLUDES: [&str; 5] = ["fqn:*", "source:*", "exposure:*", "metric:*", "semantic_model:*"];

/// dbt's selector methods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// `fqn`, also without a method.
    Fqn,
    /// `tag`
    Tag,
    /// `group`
    Group,
    /// `access`
    Access,
    /// `source`
    Source,
    /// `path`, also without a method where there is a slash.
    Path,
    /// `file`, also without a method where the value ends in `.sql`, `.py` or `.csv`.
    File,
    /// `package`
    Package,
    /// `config`
    Config,
    /// `test_name`
    TestName,
    /// `test_type`
    TestType,
    /// `resource_type`
    ResourceType,
    /// `state`
    State,
    /// `exposure`
    Exposure,
    /// `metric`
    Metric,
    /// `result`
    Result,
    /// `source_status`
    SourceStatus,
    /// `version`
    Version,
    /// `semantic_model`
    SemanticModel,
    /// `saved_query`
    SavedQuery,
    /// `unit_test`
    UnitTest,
    /// `selector`
    Selector,
}

/// Names of the methods.
const METHODS: [(&str, Method); 22] = [
    ("fqn", Method::Fqn),
    ("tag", Method::Tag),
    ("group", Method::Group),
    ("access", Method::Access),
    ("source", Method::Source),
    ("path", Method::Path),
    ("file", Method::File),
    ("package", Method::Package),
    ("config", Method::Config),
    ("test_name", Method::TestName),
    ("test_type", Method::TestType),
    ("resource_type", Method::ResourceType),
    ("state", Method::State),
    ("exposure", Method::Exposure),
    ("metric", Method::Metric),
    ("result", Method::Result),
    ("source_status", Method::SourceStatus),
    ("version", Method::Version),
    ("semantic_model", Method::SemanticModel),
    ("saved_query", Method::SavedQuery),
    ("unit_test", Method::UnitTest),
    ("selector", Method::Selector),
];

impl Method {
    /// dbt's name.
    pub fn name(self) -> &'static str {
        METHODS.iter().find(|(_, method)| *method == self).map_or("", |(name, _)| name)
    }

    /// The method of a name, which may carry arguments: `config.materialized`.
    ///
    /// # Errors
    /// There is no such method.
    pub(super) fn parse(text: &str) -> Result<(Self, Vec<String>)> {
        let mut parts = text.split('.');
        let name = parts.next().unwrap_or_default();
        match METHODS.iter().find(|(known, _)| *known == name) {
            Some((_, method)) => Ok((*method, parts.map(str::to_owned).collect())),
            None => Err(unknown_method(name)),
        }
    }

    /// What a value without a method means.
    fn of_value(value: &str) -> Self {
        let lower = value.to_lowercase();
        if value.contains(std::path::MAIN_SEPARATOR) {
            Method::Path
        } else if [".sql", ".py", ".csv"].iter().any(|ending| lower.ends_with(ending)) {
            Method::File
        } else {
            Method::Fqn
        }
    }
}

fn unknown_method(name: &str) -> Error {
    let error = Error::runtime(format!("'{name}' is not a valid method name"));
    let names: Vec<&str> = METHODS.iter().map(|(name, _)| *name).collect();
    match did_you_mean(name, names.iter().copied()) {
        Some(near) => error.hint(format!("Did you mean `{near}`?")),
        None => error.hint(format!("The methods are: {}.", names.join(", "))),
    }
}

/// When a test on selected resources is selected with them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Indirect {
    /// If any resource that it tests is selected.
    #[default]
    Eager,
    /// If all are selected.
    Cautious,
    /// If all are selected or upstream of what is.
    Buildable,
    /// Never.
    Empty,
}

impl Indirect {
    /// The mode of a name; an empty name is `eager`.
    ///
    /// # Errors
    /// There is no such mode.
    pub fn parse(name: &str) -> Result<Self> {
        match name {
            "eager" | "" => Ok(Indirect::Eager),
            "cautious" => Ok(Indirect::Cautious),
            "buildable" => Ok(Indirect::Buildable),
            "empty" => Ok(Indirect::Empty),
            other => Err(Error::runtime(format!("'{other}' is not a valid IndirectSelection"))
                .hint("Indirect selection is one of: eager, cautious, buildable, empty.")),
        }
    }
}

/// One criterion: a method, what it looks for, and which relatives come along.
#[derive(Debug, Clone, PartialEq)]
pub struct Criterion {
    /// As written, for messages.
    pub raw: String,
    /// How to search.
    pub method: Method,
    /// `materialized` of `config.materialized`.
    pub arguments: Vec<String>,
    /// What to search; text, unless `selectors.yml` gives another type.
    pub value: Json,
    /// `@`: with descendants and all their ancestors.
    pub childrens_parents: bool,
    /// `+` in front: with ancestors up to so many steps away.
    pub parents: Option<Reach>,
    /// `+` behind: with descendants up to so many steps away.
    pub children: Option<Reach>,
    /// Which tests come along.
    pub indirect: Indirect,
}

/// How far relatives reach: a number of steps, or all of them.
pub type Reach = Option<usize>;

impl Criterion {
    /// Reads `[@][[n]+][method:]value[+[n]]`.
    ///
    /// # Errors
    /// Unknown method, `@` together with `+` behind, or a line break in the text.
    pub fn parse(raw: &str, indirect: Indirect) -> Result<Self> {
        let parts = split(raw).ok_or_else(|| Error::runtime(format!("Invalid selector spec \"{raw}\"")))?;
        let (method, arguments) = match parts.method {
            Some(method) => Method::parse(method)?,
            None => (Method::of_value(parts.value), Vec::new()),
        };
        Criterion {
            raw: raw.to_owned(),
            method,
            arguments,
            value: Json::from(parts.value),
            childrens_parents: parts.childrens_parents,
            parents: parts.parents.map(reach),
            children: parts.children.map(reach),
            indirect,
        }
        .checked()
    }

    /// The criterion, unless its operators exclude each other.
    pub(super) fn checked(self) -> Result<Self> {
        if self.children.is_some() && self.childrens_parents {
            let raw = &self.raw;
            return Err(Error::runtime(format!(
                "Invalid node spec {raw} - \"@\" prefix and \"+\" suffix are incompatible"
            )));
        }
        Ok(self)
    }
}

/// The parts of a criterion as written; depths are digits or empty.
pub(super) struct Parts<'a> {
    pub childrens_parents: bool,
    pub parents: Option<&'a str>,
    pub method: Option<&'a str>,
    pub value: &'a str,
    pub children: Option<&'a str>,
}

/// Cuts a criterion into its parts; nothing if it holds a line break, which dbt's pattern does not allow.
pub(super) fn split(raw: &str) -> Option<Parts<'_>> {
    if raw.contains('\n') {
        return None;
    }
    let (childrens_parents, rest) = match raw.strip_prefix('@') {
        Some(rest) => (true, rest),
        None => (false, raw),
    };
    let behind_digits = rest.trim_start_matches(|letter: char| letter.is_ascii_digit());
    let (parents, rest) = match behind_digits.strip_prefix('+') {
        Some(after) => (Some(&rest[..rest.len() - behind_digits.len()]), after),
        None => (None, rest),
    };
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == '.';
    let (method, rest) = match rest.split_once(':') {
        Some((method, value)) if !method.is_empty() && method.chars().all(is_word) => (Some(method), value),
        _ => (None, rest),
    };
    let before_digits = rest.trim_end_matches(|letter: char| letter.is_ascii_digit());
    let (value, children) = match before_digits.strip_suffix('+') {
        Some(value) => (value, Some(&rest[before_digits.len()..])),
        None => (rest, None),
    };
    Some(Parts { childrens_parents, parents, method, value, children })
}

/// The steps that digits stand for; no digits set no limit.
pub(super) fn reach(digits: &str) -> Reach {
    if digits.is_empty() { None } else { Some(digits.parse().unwrap_or(usize::MAX)) }
}

/// How parts of a group combine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// In any part.
    Union,
    /// In every part.
    Intersection,
    /// In the first part and in no other.
    Difference,
}

/// A selection.
#[derive(Debug, Clone, PartialEq)]
pub enum Spec {
    /// One criterion.
    Criterion(Criterion),
    /// Several selections together.
    Group(Group),
}

/// Several selections together.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// How they combine.
    pub operation: Operation,
    /// The selections.
    pub parts: Vec<Spec>,
    /// As written, if a warning is due when nothing matches.
    pub expected: Option<String>,
    /// Which tests come along.
    pub indirect: Indirect,
}

impl Group {
    /// A group as `selectors.yml` makes it: eager, and silent when empty.
    pub(super) fn new(operation: Operation, parts: Vec<Spec>) -> Self {
        Group { operation, parts, expected: None, indirect: Indirect::Eager }
    }
}

impl Spec {
    /// What `--select` and `--exclude` say; each word may hold several criteria, separated by spaces (union) and
    /// commas (intersection).
    ///
    /// # Errors
    /// A criterion or the mode of indirect selection does not parse.
    pub fn from_flags(flags: &Flags) -> Result<Self> {
        Self::from_words(&flags.select, &flags.exclude, Indirect::parse(&flags.indirect_selection)?)
    }

    /// See [`Spec::from_flags`].
    pub(super) fn from_words(select: &[String], exclude: &[String], indirect: Indirect) -> Result<Self> {
        let included = if select.is_empty() {
            union(&DEFAULT_INCLUDES.map(str::to_owned), false, indirect)?
        } else {
            union(select, true, indirect)?
        };
        let excluded = union(exclude, true, indirect)?;
        Ok(Spec::Group(Group::new(Operation::Difference, vec![included, excluded])))
    }
}

fn union(words: &[String], expect_exists: bool, indirect: Indirect) -> Result<Spec> {
    let mut parts = Vec::new();
    for raw in words.iter().flat_map(|word| word.split(' ')) {
        let criteria: Result<Vec<Spec>> =
            raw.split(',').map(|criterion| Criterion::parse(criterion, indirect).map(Spec::Criterion)).collect();
        parts.push(Spec::Group(Group {
            operation: Operation::Intersection,
            parts: criteria?,
            expected: expect_exists.then(|| raw.to_owned()),
            indirect,
        }));
    }
    Ok(Spec::Group(Group { operation: Operation::Union, parts, expected: None, indirect }))
}
