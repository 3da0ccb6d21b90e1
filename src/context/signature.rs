//! Python's signatures of the functions that templates call, and what Python says when a call does not fit them.

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::jinja::{MjError, PyError};

use super::call::Args;

/// A signature as one line: `SQLAdapter.add_query(self, sql, auto_begin?, bindings?)`. A parameter with a question mark
/// may be left out, `self` is given by Python itself, and `*` takes any number of arguments.
#[derive(Debug, Clone, Copy)]
pub struct Signature(pub &'static str);

/// The signatures of an object's functions. A template's every call looks for one, so they are found by name.
pub struct Signatures {
    all: &'static [Signature],
    by_name: OnceLock<HashMap<&'static str, Signature>>,
}

impl Signatures {
    /// These signatures.
    pub const fn of(all: &'static [Signature]) -> Signatures {
        Signatures { all, by_name: OnceLock::new() }
    }

    /// The signature of the function with this name of its own.
    pub fn find(&self, name: &str) -> Option<Signature> {
        let by_name = || self.all.iter().map(|signature| (signature.name(), *signature)).collect();
        self.by_name.get_or_init(by_name).get(name).copied()
    }
}

impl Signature {
    /// The function with its class, as Python names it.
    pub fn qualified(self) -> &'static str {
        self.0.split('(').next().unwrap_or_default()
    }

    /// The function's own name.
    pub fn name(self) -> &'static str {
        self.qualified().rsplit('.').next().unwrap_or_default()
    }

    /// Whether Python passes the object that the function is called on.
    pub fn is_method(self) -> bool {
        self.params().next() == Some("self")
    }

    fn params(self) -> impl Iterator<Item = &'static str> {
        let inside = self.0.split_once('(').map_or("", |(_, rest)| rest.trim_end_matches(')'));
        inside.split(", ").filter(|param| !param.is_empty())
    }

    /// Whether a call fits.
    ///
    /// # Errors
    /// Python's `TypeError`: an argument nobody asked for, one given twice, too many, or too few.
    pub fn check(self, args: &Args) -> Result<(), MjError> {
        if self.params().any(|param| param.starts_with('*')) {
            return self.check_missing(args);
        }
        let function = self.qualified();
        let given = args.positional.len();
        for (name, _) in &args.keywords {
            match self.own_params().position(|param| param.trim_end_matches('?') == name) {
                None => {
                    let message = format!("{function}() got an unexpected keyword argument '{name}'");
                    return Err(PyError::type_error(message));
                }
                Some(at) if at < given => {
                    let message = format!("{function}() got multiple values for argument '{name}'");
                    return Err(PyError::type_error(message));
                }
                Some(_) => {}
            }
        }
        if given > self.own_params().count() {
            return Err(self.too_many(given));
        }
        self.check_missing(args)
    }

    fn own_params(self) -> impl Iterator<Item = &'static str> {
        self.params().filter(|param| *param != "self" && !param.starts_with('*'))
    }

    fn too_many(self, given: usize) -> MjError {
        let most = self.params().count();
        let least = self.params().filter(|param| !param.ends_with('?')).count();
        let given = given + usize::from(self.is_method());
        let takes = match (least == most, most) {
            (true, 1) => "1 positional argument".to_owned(),
            (true, _) => format!("{most} positional arguments"),
            (false, 1) => format!("from {least} to 1 positional argument"),
            (false, _) => format!("from {least} to {most} positional arguments"),
        };
        let were = if given == 1 { "was" } else { "were" };
        PyError::type_error(format!("{}() takes {takes} but {given} {were} given", self.qualified()))
    }

    fn check_missing(self, args: &Args) -> Result<(), MjError> {
        let missing: Vec<String> = self
            .own_params()
            .enumerate()
            .filter(|(at, param)| !param.ends_with('?') && args.get(*at, param).is_none())
            .map(|(_, param)| format!("'{param}'"))
            .collect();
        let names = match missing.as_slice() {
            [] => return Ok(()),
            [one] => one.clone(),
            [one, two] => format!("{one} and {two}"),
            [first @ .., last] => format!("{}, and {last}", first.join(", ")),
        };
        let plural = if missing.len() == 1 { "" } else { "s" };
        let (function, count) = (self.qualified(), missing.len());
        Err(PyError::type_error(format!("{function}() missing {count} required positional argument{plural}: {names}")))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::jinja::Value;

    const SIGNATURE: Signature = Signature("Base.act(self, one, two, three?)");

    fn message(positional: usize, keywords: &[&str]) -> String {
        let args = Args {
            positional: vec![Value::from(1); positional],
            keywords: keywords.iter().map(|name| ((*name).to_owned(), Value::from(1))).collect(),
        };
        SIGNATURE.check(&args).err().map_or(String::new(), |error| format!("{:?}", std::error::Error::source(&error)))
    }

    #[test]
    fn says_what_does_not_fit() {
        assert_eq!(message(2, &["three"]), "");
        assert!(message(0, &[]).contains("Base.act() missing 2 required positional arguments: 'one' and 'two'"));
        assert!(message(1, &[]).contains("Base.act() missing 1 required positional argument: 'two'"));
        assert!(message(4, &[]).contains("Base.act() takes from 3 to 4 positional arguments but 5 were given"));
        assert!(message(1, &["one"]).contains("Base.act() got multiple values for argument 'one'"));
        assert!(message(2, &["four"]).contains("Base.act() got an unexpected keyword argument 'four'"));
    }
}
