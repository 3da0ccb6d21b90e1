//! `--warn-error` and `--warn-error-options`: which warnings are errors, which are silent. Mirrors dbt's
//! `WarnErrorOptionsV2`, the old names `include` and `exclude` included.

use serde_json::Value as Json;

use super::Event;

const DEPRECATIONS: &str = "Deprecations";

/// Warnings that are mere words where the project sets `require_all_warnings_handled_by_warn_error` to false, as all were
/// that older versions of dbt did not expressly make errors of.
const SPOKEN: [&str; 7] = [
    "FreshnessConfigProblem",
    "MFConverterIssue",
    "MicrobatchModelNoEventTimeInputs",
    "SelectExcludeIgnoredWithSelectorWarning",
    "SemanticValidationFailure",
    "SpacesInResourceNameDeprecation",
    "WarnStateTargetEqual",
];

/// What becomes of a warning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is written as a warning.
    Warn,
    /// It ends the command.
    Error,
    /// It is not written.
    Silence,
}

/// The rules of one run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WarnRules {
    all: bool,
    lenient: bool,
    error_all: bool,
    error: Vec<String>,
    warn: Vec<String>,
    silence: Vec<String>,
}

impl WarnRules {
    /// `warn_error` is the flag; `options` is the mapping of `--warn-error-options`.
    pub fn new(warn_error: bool, options: &Json) -> WarnRules {
        let get = |new: &str, old: &str| options.get(new).or_else(|| options.get(old)).unwrap_or(&Json::Null);
        let error = get("error", "include");
        WarnRules {
            all: warn_error,
            lenient: false,
            error_all: matches!(error.as_str(), Some("all" | "*")),
            error: names(error),
            warn: names(get("warn", "exclude")),
            silence: names(get("silence", "silence")),
        }
    }

    /// The same rules, for all warnings or (`lenient`) without those that older versions of dbt did not judge.
    #[must_use]
    pub fn lenient(self, lenient: bool) -> WarnRules {
        WarnRules { lenient, ..self }
    }

    /// What becomes of `event`: a named rule goes before `Deprecations`, and that before `all`.
    pub fn judge(&self, event: &Event) -> Verdict {
        if self.lenient && SPOKEN.contains(&event.name) {
            Verdict::Warn
        } else if self.all || self.errors(event.name, event.code) {
            Verdict::Error
        } else if self.silences(event.name, event.code) {
            Verdict::Silence
        } else {
            Verdict::Warn
        }
    }

    /// Whether warnings called `name` are errors; tests that warn ask for `LogTestResult`.
    pub fn is_error(&self, name: &str) -> bool {
        self.all || self.errors(name, "")
    }

    fn errors(&self, name: &str, code: &str) -> bool {
        let has = |list: &[String], wanted: &str| list.iter().any(|known| known == wanted);
        let deprecation = code.starts_with('D');
        let named_elsewhere = has(&self.warn, name) || has(&self.silence, name);
        let deprecation_elsewhere = deprecation && (has(&self.warn, DEPRECATIONS) || has(&self.silence, DEPRECATIONS));
        if named_elsewhere {
            return false;
        }
        has(&self.error, name)
            || (!deprecation_elsewhere && (self.error_all || (deprecation && has(&self.error, DEPRECATIONS))))
    }

    fn silences(&self, name: &str, code: &str) -> bool {
        let has = |list: &[String], wanted: &str| list.iter().any(|known| known == wanted);
        let named_elsewhere = has(&self.warn, name) || has(&self.error, name);
        has(&self.silence, name) || (code.starts_with('D') && has(&self.silence, DEPRECATIONS) && !named_elsewhere)
    }
}

fn names(list: &Json) -> Vec<String> {
    match list {
        Json::Array(items) => items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::Level;
    use serde_json::json;

    fn verdict(options: Json, name: &'static str, code: &'static str) -> Verdict {
        WarnRules::new(false, &options).judge(&Event::new(name, code, Level::Warn, ""))
    }

    #[test]
    fn old_projects_may_leave_some_warnings_alone() {
        let event = Event::new("WarnStateTargetEqual", "Q078", Level::Warn, "");
        let rules = WarnRules::new(true, &json!({}));
        assert_eq!(rules.judge(&event), Verdict::Error);
        assert_eq!(rules.lenient(true).judge(&event), Verdict::Warn);
    }

    #[test]
    fn named_rules_go_before_groups() {
        assert_eq!(verdict(json!({}), "NoNodesSelected", "Q038"), Verdict::Warn);
        assert_eq!(verdict(json!({"error": "all"}), "NoNodesSelected", "Q038"), Verdict::Error);
        assert_eq!(
            verdict(json!({"include": "all", "exclude": ["NoNodesSelected"]}), "NoNodesSelected", "Q038"),
            Verdict::Warn
        );
        assert_eq!(verdict(json!({"silence": ["Deprecations"]}), "ConfigPath", "D001"), Verdict::Silence);
        assert_eq!(
            verdict(json!({"silence": ["Deprecations"], "error": ["ConfigPath"]}), "ConfigPath", "D001"),
            Verdict::Error
        );
        assert_eq!(verdict(json!({"error": ["Deprecations"]}), "NoNodesSelected", "Q038"), Verdict::Warn);
    }
}
