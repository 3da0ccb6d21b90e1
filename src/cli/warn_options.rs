//! `--warn-error-options`, from the command line and from the project: what is checked in it, what its old names mean,
//! and which deprecation they bring.

use serde_json::{Value as Json, json};

use super::usage::UsageError;
use crate::error::did_you_mean;

/// The names of dbt's events.
const EVENTS: &str = include_str!("event_names.txt");
/// Names that only the next generation of dbt knows. dbt takes them and does nothing.
const LATER_EVENTS: &str = include_str!("event_names_v2.txt");
/// The name that stands for all deprecations.
const DEPRECATIONS: &str = "Deprecations";

/// The mapping under dbt's present names: `include` means `error`, `exclude` means `warn`, null means none.
///
/// # Errors
/// An old and a new name of the same key have values, a name is no event's, or `warn` has nothing to except from.
pub fn normalize(given: &Json) -> Result<Json, UsageError> {
    for (new, old) in [("error", "include"), ("warn", "exclude")] {
        if is_given(given, new) && is_given(given, old) {
            let text = format!("Only `{old}` or `{new}` can be specified in `warn_error_options`, not both");
            return Err(UsageError::bare(text).hint(format!("`{new}` is the present name of `{old}`.")));
        }
    }
    let pick = |names: [&str; 2]| {
        let value = names.iter().find_map(|name| given.get(name)).filter(|value| !value.is_null());
        value.cloned().unwrap_or_else(|| Json::Array(Vec::new()))
    };
    let (error, warn) = (pick(["include", "error"]), pick(["exclude", "warn"]));
    let silence = pick(["silence", "silence"]);
    check_reach(&error, &warn, &silence)?;
    for list in [&error, &warn, &silence] {
        list.as_array().into_iter().flatten().try_for_each(check_name)?;
    }
    Ok(json!({"error": error, "warn": warn, "silence": silence}))
}

/// Whether a key is there with a value that says something.
fn is_given(given: &Json, key: &str) -> bool {
    match given.get(key) {
        Some(Json::Array(items)) => !items.is_empty(),
        Some(Json::String(text)) => !text.is_empty(),
        Some(other) => !other.is_null(),
        None => false,
    }
}

fn is_all(error: &Json) -> bool {
    matches!(error.as_str(), Some("all" | "*"))
}

/// `error` is everything or a list, and `warn` excepts from something.
fn check_reach(error: &Json, warn: &Json, silence: &Json) -> Result<(), UsageError> {
    if error.is_string() && !is_all(error) {
        return Err(UsageError::bare("error must be one of ('all', '*') or a list of strings".to_owned()));
    }
    let has_deprecations = |list: &Json| list.as_array().is_some_and(|items| items.contains(&json!(DEPRECATIONS)));
    let is_exception = is_all(error) || has_deprecations(error) || has_deprecations(silence);
    if is_given(&json!({"warn": warn}), "warn") && !is_exception {
        return Err(UsageError::bare(
            "`warn` can only be specified if `error` is one of ('all', '*') or Deprecations is in `error` or silence."
                .to_owned(),
        ));
    }
    Ok(())
}

fn check_name(item: &Json) -> Result<(), UsageError> {
    let name = item.as_str().map_or_else(|| item.to_string(), str::to_owned);
    if name == DEPRECATIONS || EVENTS.lines().chain(LATER_EVENTS.lines()).any(|known| known == name) {
        return Ok(());
    }
    let error = UsageError::bare(format!("{name} is not a valid dbt error name."));
    Err(match did_you_mean(&name, EVENTS.lines()) {
        Some(known) => error.hint(format!("Did you mean {known}?")),
        None => error,
    })
}

/// What dbt says of the old names in a mapping; none if it has none of them.
pub fn old_names(given: &Json) -> Option<String> {
    let found: Vec<&str> = ["include", "exclude"].into_iter().filter(|name| given.get(name).is_some()).collect();
    if found.is_empty() {
        return None;
    }
    let quoted: Vec<String> = found.iter().map(|name| format!("`{name}`")).collect();
    let mut text = format!("Found {} in `warn_error_options` specification.", quoted.join(" and "));
    for name in found {
        let new = if name == "include" { "error" } else { "warn" };
        text.push_str(&format!(" Please use `{new}` instead of `{name}`."));
    }
    Some(text)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn refused(given: Json) -> String {
        normalize(&given).unwrap_err().render("dbt")
    }

    #[test]
    fn names_and_keys_are_checked() {
        assert!(refused(json!({"error": ["Nosuch"]})).contains("Nosuch is not a valid dbt error name."));
        assert!(refused(json!({"silence": ["NoNodeSelected"]})).contains("Did you mean NoNodesSelected?"));
        assert!(refused(json!({"error": "x"})).contains("error must be one of ('all', '*') or a list of strings"));
        assert!(refused(json!({"warn": ["NoNodesSelected"]})).contains("`warn` can only be specified if"));
        assert!(refused(json!({"warn": ["a"], "exclude": ["b"]})).contains("Only `exclude` or `warn` can be"));
    }

    #[test]
    fn old_names_mean_the_new_ones() {
        let given = json!({"include": "all", "exclude": ["NoNodesSelected", "AccessDenied"], "silence": null});
        let expected = json!({"error": "all", "warn": ["NoNodesSelected", "AccessDenied"], "silence": []});
        assert_eq!(normalize(&given).unwrap(), expected);
        assert_eq!(
            old_names(&given).unwrap(),
            "Found `include` and `exclude` in `warn_error_options` specification. Please use `error` instead of \
             `include`. Please use `warn` instead of `exclude`."
        );
        assert_eq!(old_names(&expected), None);
    }
}
