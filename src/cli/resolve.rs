//! Precedence: command line, then environment, then the project's `flags:`, then dbt's defaults; and what follows
//! from one option for another.

use std::path::{Path, PathBuf};

use clap::ArgMatches;
use clap::parser::ValueSource;
use indexmap::IndexMap;
use serde_json::Value as Json;

use super::for_values;
use super::options::{Default as OptionDefault, GLOBAL, Kind, OptionSpec, ROOT_ONLY};
use super::parse::{Typed, negative_of};
use super::usage::{Scope, UsageError};
use super::values::{self, Converted};
use super::warn_options::{self, old_names};
use crate::project::behaviour::{self, ProjectFlags};
use crate::project::file::nearest_project;
use crate::yaml::Map;

/// Every option of a command with its value.
#[derive(Debug, Default)]
pub struct Resolved {
    settings: IndexMap<&'static str, Setting>,
    /// The project's flags, with its behaviour flags.
    pub project: ProjectFlags,
    /// What there is to say of old names in `warn_error_options`.
    pub old_warn_options: Vec<String>,
}

#[derive(Debug, Default)]
struct Setting {
    value: Converted,
    defaulted: bool,
}

impl Resolved {
    /// The value of an option; null if the command has no such option.
    pub fn json(&self, name: &str) -> &Json {
        self.settings.get(name).map_or(&Json::Null, |setting| &setting.value.json)
    }

    /// A truth value.
    pub fn flag(&self, name: &str) -> bool {
        self.json(name).as_bool().unwrap_or(false)
    }

    /// A text, if there is one.
    pub fn text(&self, name: &str) -> Option<String> {
        self.json(name).as_str().map(str::to_owned)
    }

    /// A list of words.
    pub fn words(&self, name: &str) -> Vec<String> {
        let items = self.json(name).as_array().map(Vec::as_slice).unwrap_or_default();
        items.iter().filter_map(Json::as_str).map(str::to_owned).collect()
    }

    /// A mapping.
    pub fn map(&self, name: &str) -> Map {
        self.settings.get(name).and_then(|setting| setting.value.map.clone()).unwrap_or_default()
    }

    /// Whether the user or the project set the option.
    pub fn is_set(&self, name: &str) -> bool {
        self.settings.get(name).is_some_and(|setting| !setting.defaulted)
    }

    /// Names and values, in the order of the options.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &Json)> {
        self.settings.iter().map(|(name, setting)| (*name, &setting.value.json))
    }

    /// Overrides a value.
    pub fn set(&mut self, name: &'static str, value: impl Into<Json>) {
        self.settings.entry(name).or_default().value = Converted::from(value.into());
    }
}

/// Resolves every option of the command that was typed.
///
/// # Errors
/// An option's value does not do, an option stands before and behind the command, two options exclude each other, or
/// the project's flags cannot be used.
pub fn resolve(typed: &Typed) -> Result<Resolved, UsageError> {
    let scope = Scope::Command(typed.command);
    let mut resolved = Resolved::default();
    for option in typed.command.options {
        let value = match from_matches(scope, option, &typed.own)? {
            Some(value) => Some(value),
            None => from_env(scope, option)?,
        };
        resolved.store(option, value);
    }
    for option in GLOBAL {
        let value = from_every_stage(scope, option, typed)?;
        resolved.store(option, value);
    }
    for option in ROOT_ONLY {
        let value = match typed.before.last() {
            Some(root) => from_matches(Scope::Program, option, root)?,
            None => None,
        };
        resolved.store(option, value.map_or_else(|| from_env(Scope::Program, option), |value| Ok(Some(value)))?);
    }
    resolved.find_folders(scope, typed)?;
    resolved.find_reports();
    let typed_warn_options = resolved.is_set("warn_error_options");
    resolved.apply_project_flags()?;
    resolved.follow_leaders();
    resolved.settle_warn_options(typed_warn_options)?;
    resolved.check_exclusions()?;
    Ok(resolved)
}

/// The value typed in one stage.
fn from_matches(scope: Scope, option: &OptionSpec, matches: &ArgMatches) -> Result<Option<Converted>, UsageError> {
    let typed = |id: &str| matches.value_source(id) == Some(ValueSource::CommandLine);
    if option.kind == Kind::Switch && typed(&negative_of(option)) {
        return Ok(Some(Json::Bool(false).into()));
    }
    if !typed(option.name) {
        return Ok(None);
    }
    let words: Vec<String> = match option.kind {
        Kind::Switch | Kind::Flag => Vec::new(),
        _ => matches.get_many::<String>(option.name).into_iter().flatten().cloned().collect(),
    };
    values::convert(scope, option, &words).map(Some)
}

/// The value of a global option, which may stand in any one stage.
fn from_every_stage(scope: Scope, option: &OptionSpec, typed: &Typed) -> Result<Option<Converted>, UsageError> {
    let mut found = None;
    for matches in std::iter::once(&typed.own).chain(&typed.before) {
        if let Some(value) = from_matches(scope, option, matches)?
            && found.replace(value).is_some()
        {
            return Err(UsageError::bare(format!(
                "{} was provided both before and after the subcommand, it can only be set either before or after.",
                option.name
            )));
        }
    }
    // dbt reads the environment for the program first, so that is what the complaint names.
    found.map_or_else(|| from_env(Scope::Program, option), |value| Ok(Some(value)))
}

fn from_env(scope: Scope, option: &OptionSpec) -> Result<Option<Converted>, UsageError> {
    if let Some((name, reversed)) = option.old_env
        && let Some(text) = environment(name)
    {
        let mut value = values::convert_env(scope, option, &text)?;
        if let (true, Json::Bool(flag)) = (reversed, &value.json) {
            value = Json::Bool(!flag).into();
        }
        return Ok(Some(value));
    }
    match option.env.and_then(environment) {
        Some(text) => values::convert_env(scope, option, &text).map(Some),
        None => Ok(None),
    }
}

/// An environment variable by dbt's name; the spelling with `DBT_ENGINE_` wins, empty ones do not count.
fn environment(name: &str) -> Option<String> {
    let engine = match name.strip_prefix("DBT_") {
        Some(rest) if !rest.starts_with("ENGINE_") => Some(format!("DBT_ENGINE_{rest}")),
        _ => None,
    };
    let read = |name: &str| std::env::var(name).ok().filter(|text| !text.is_empty());
    engine.and_then(|name| read(&name)).or_else(|| read(name))
}

fn default_of(option: &OptionSpec) -> Converted {
    match option.default {
        OptionDefault::None | OptionDefault::Resolved => Json::Null.into(),
        OptionDefault::Bool(flag) => Json::Bool(flag).into(),
        OptionDefault::Int(number) => Json::from(number).into(),
        OptionDefault::Text(text) => Json::from(text).into(),
        OptionDefault::Empty => Json::Array(Vec::new()).into(),
        OptionDefault::Json(text) => serde_json::from_str::<Json>(text).unwrap_or_default().into(),
    }
}

/// The path made absolute, without `.` and `..`.
pub fn absolute(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).components() {
        match part {
            std::path::Component::ParentDir => {
                normal.pop();
            }
            other => normal.push(other),
        }
    }
    normal
}

impl Resolved {
    fn store(&mut self, option: &OptionSpec, value: Option<Converted>) {
        let defaulted = value.is_none();
        let value = value.unwrap_or_else(|| default_of(option));
        self.settings.insert(option.name, Setting { value, defaulted });
    }

    /// Files of reports count from where the command is typed, not from the project.
    fn find_reports(&mut self) {
        for name in ["junit", "markdown"] {
            if let Some(path) = self.text(name) {
                self.set(name, absolute(Path::new(&path)).display().to_string());
            }
        }
    }

    /// Finds the folders that nobody named, as dbt finds them.
    fn find_folders(&mut self, scope: Scope, typed: &Typed) -> Result<(), UsageError> {
        let here = std::env::current_dir().unwrap_or_default();
        if !self.is_set("project_dir") {
            self.set("project_dir", nearest_project(&here).display().to_string());
        }
        if !self.is_set("profiles_dir") {
            let project = absolute(Path::new(&self.text("project_dir").unwrap_or_default()));
            let found = find_profiles_dir(&here, &project);
            let option = typed.command.options.iter().find(|option| option.name == "profiles_dir");
            if let Some(option) = option
                && option.kind == Kind::Path(true)
                && !found.exists()
            {
                let complaint = format!("Path '{}' does not exist.", found.display());
                return Err(values::invalid(scope, option, &complaint).hint(
                    "There is no profiles.yml in the current folder either. Write one there, or name its folder with \
                     --profiles-dir or DBT_PROFILES_DIR."
                        .to_owned(),
                ));
            }
            self.set("profiles_dir", found.display().to_string());
        }
        Ok(())
    }

    fn apply_project_flags(&mut self) -> Result<(), UsageError> {
        let folder = |name: &str| absolute(Path::new(&self.text(name).unwrap_or_default()));
        let project_dir = folder("project_dir");
        self.project =
            behaviour::read(&project_dir, &folder("profiles_dir")).map_err(|error| UsageError::bare(error.message))?;
        for (name, setting) in &mut self.settings {
            if setting.defaulted
                && let Some(value) = self.project.setting(name)
            {
                setting.value.json = value;
                setting.defaulted = false;
            }
        }
        let log_path = match self.text("log_path") {
            Some(path) => absolute(Path::new(&path)),
            None => project_dir.join(raw_log_path(&project_dir)),
        };
        self.set("log_path", log_path.display().to_string());
        Ok(())
    }

    /// The settings of the log file follow those of the console, unless they are set themselves.
    fn follow_leaders(&mut self) {
        for (leader, follower) in
            [("use_colors", "use_colors_file"), ("log_level", "log_level_file"), ("log_format", "log_format_file")]
        {
            if self.is_set(leader) && !self.is_set(follower) {
                self.set(follower, self.json(leader).clone());
            }
        }
        if std::env::var("DO_NOT_TRACK")
            .is_ok_and(|text| matches!(text.to_lowercase().as_str(), "1" | "t" | "true" | "y" | "yes"))
        {
            self.set("send_anonymous_usage_stats", false);
        }
    }

    /// Checks `warn_error_options` and brings them to their present names; notes where old names stand.
    fn settle_warn_options(&mut self, typed: bool) -> Result<(), UsageError> {
        let project = self.project.setting("warn_error_options").filter(|_| typed);
        let given = self.json("warn_error_options").clone();
        self.old_warn_options = [project.as_ref(), Some(&given)].into_iter().flatten().filter_map(old_names).collect();
        self.set("warn_error_options", warn_options::normalize(&given)?);
        Ok(())
    }

    fn check_exclusions(&self) -> Result<(), UsageError> {
        for (first, second) in [("warn_error", "warn_error_options"), ("select", "inline"), ("selector", "inline")] {
            if self.is_set(first) && self.is_set(second) {
                return Err(UsageError::bare(format!("{second}: not allowed with argument {first}")));
            }
        }
        self.check_series()?;
        let (start, end) = (self.text("event_time_start"), self.text("event_time_end"));
        let missing = |given: &str, absent: &str| {
            UsageError::bare(format!(
                "The flag `--{given}` was specified, but `--{absent}` was not. When specifying `--{given}`, \
                 `--{absent}` must also be present."
            ))
        };
        match (start, end) {
            (None, Some(_)) => Err(missing("event-time-end", "event-time-start")),
            (Some(_), None) => Err(missing("event-time-start", "event-time-end")),
            (Some(start), Some(end)) if start >= end => {
                Err(UsageError::bare("Value for `--event-time-start` must be less than `--event-time-end`".to_owned()))
            }
            _ => Ok(()),
        }
    }
}

impl Resolved {
    /// `--for` and `--vars` cannot both set a variable, and `--keep-going` belongs to `--for`.
    fn check_series(&self) -> Result<(), UsageError> {
        let series = for_values::parse(&self.words("for")).unwrap_or_default();
        let vars = self.map("vars");
        if let Some(both) = series.iter().find(|series| vars.contains_key(&series.name)) {
            let name = &both.name;
            return Err(UsageError::bare(format!("The variable `{name}` is given in --for and in --vars."))
                .hint(format!("Leave `{name}` out of --vars: --for sets it for each run.")));
        }
        if self.flag("keep_going") && series.is_empty() {
            return Err(UsageError::bare("--keep-going was given without --for.".to_owned())
                .hint("It says what becomes of the other values when one fails: add --for NAME=VALUES.".to_owned()));
        }
        Ok(())
    }
}

/// The current folder if it holds a profiles.yml, else `~/.dbt`. Where that has none either, the project's folder is
/// tried too: dbt would only fail there.
fn find_profiles_dir(here: &Path, project_dir: &Path) -> PathBuf {
    let has_profiles = |folder: &Path| folder.join("profiles.yml").exists();
    if has_profiles(here) {
        return here.to_owned();
    }
    let home = std::env::home_dir().unwrap_or_default().join(".dbt");
    if !has_profiles(&home) && has_profiles(project_dir) {
        return project_dir.to_owned();
    }
    home
}

/// `log-path` of `dbt_project.yml`, unrendered as in dbt.
fn raw_log_path(project_dir: &Path) -> String {
    let project = crate::project::file::read_project(project_dir).unwrap_or_default();
    let written = project.get("log-path").and_then(crate::yaml::Node::as_str);
    written.filter(|path| !path.is_empty()).unwrap_or("logs").to_owned()
}
