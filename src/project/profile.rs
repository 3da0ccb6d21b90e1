//! `profiles.yml`: picks the profile and the target, and renders what is picked and nothing else.

use std::path::Path;

use super::Target;
use super::credentials;
use super::file::{self, PROJECT_FILE};
use super::profile_secrets::profile_secrets;
use super::render::Renderer;
use super::values::{repr, text};
use crate::error::{Error, ErrorKind, Result, did_you_mean};
use crate::events::{Event, Events, Level};
use crate::invocation::Flags;
use crate::yaml::{self, Map, Node, Value};

/// The file that holds connections.
pub const PROFILES_FILE: &str = "profiles.yml";

/// Reads `profiles.yml`; empty if there is none.
///
/// # Errors
/// The file is not YAML or has no content.
pub fn read_profiles(profiles_dir: &Path) -> Result<Map> {
    let path = profiles_dir.join(PROFILES_FILE);
    if !path.is_file() {
        return Ok(Map::new());
    }
    let Some(content) = file::read_whole(&path)? else { return Ok(Map::new()) };
    let node = yaml::parse(&content, &path.display().to_string())
        .map_err(|error| unreadable(&Error::runtime(error.to_string()).to_string()))?;
    match node.value {
        Value::Map(map) if !map.is_empty() => Ok(map),
        value if !value.is_truthy() => {
            Err(unreadable(&format!("The profiles.yml file at {} is empty", path.display())))
        }
        other => Err(unreadable(&format!(
            "The profiles.yml file at {} must be a mapping of profiles, but is a {}",
            path.display(),
            other.type_name()
        ))),
    }
}

fn unreadable(reason: &str) -> Error {
    Error::runtime(format!("\ndbt encountered an error while trying to read your profiles.yml file.\n\n{reason}\n"))
}

/// Picks the profile's name: the flag, else the project's.
///
/// # Errors
/// Neither names one.
pub fn pick_name(flags: &Flags, from_project: Option<&str>) -> Result<String> {
    if let Some(name) = flags.profile.as_deref().or(from_project) {
        return Ok(name.to_owned());
    }
    Err(Error::runtime(format!(
        "dbt cannot run because no profile was specified for this dbt project.\nTo specify a profile for this project, \
         add a line like the this to\nyour dbt_project.yml file:\n\nprofile: [profile name]\n\nHere, [profile name] \
         should be replaced with a profile name\ndefined in your profiles.yml file. You can find profiles.yml \
         here:\n\n{}\n",
        flags.profiles_dir.join(PROFILES_FILE).display()
    )))
}

/// Loads the target that the flags and the project choose.
///
/// # Errors
/// No profile or target of that name; a value does not render; a key has the wrong type; the engine is unknown.
pub fn load(flags: &Flags, project_profile: Option<&Node>, renderer: &Renderer, events: &Events) -> Result<Target> {
    let from_project = match project_profile {
        Some(node) if !node.is_null() => match render_name(node, flags, renderer)? {
            Value::Str(name) => Some(name),
            other => Some(repr(&other)),
        },
        _ => None,
    };
    let profiles = read_profiles(&flags.profiles_dir)?;
    let name = pick_name(flags, from_project.as_deref())?;
    let profile = find_profile(&profiles, &name, flags)?;
    let path = flags.profiles_dir.join(PROFILES_FILE).display().to_string();
    load_target(profile, &name, flags, renderer, events).map_err(|error| error.in_file(path))
}

/// The name of the profile as `dbt_project.yml` says it.
fn render_name(node: &Node, flags: &Flags, renderer: &Renderer) -> Result<Value> {
    let file = flags.project_dir.join(PROJECT_FILE).display().to_string();
    renderer.render_all(node).map(|node| node.value).map_err(|error| error.in_file(file))
}

fn load_target(profile: &Node, name: &str, flags: &Flags, renderer: &Renderer, events: &Events) -> Result<Target> {
    let target = pick_target(profile, name, flags, renderer, events)?;
    let output = find_output(profile, name, &target)?;
    let rendered = renderer.render_all(output).map_err(|error| match error.kind {
        ErrorKind::Compilation => Error::runtime(error.to_string()),
        _ => error,
    })?;
    let map = rendered.as_map().cloned().unwrap_or_default();
    events.keep_secret(profile_secrets(&map));
    complete(name, &target, &map, flags).map_err(|error| error.hint_line(output.span.line))
}

fn find_profile<'a>(profiles: &'a Map, name: &str, flags: &Flags) -> Result<&'a Node> {
    let Some(profile) = profiles.get(name) else {
        let error = Error::runtime(format!("Could not find profile named '{name}'"));
        let path = flags.profiles_dir.join(PROFILES_FILE);
        let known: Vec<&str> = profiles.str_entries().map(|(key, _)| key).filter(|key| *key != "config").collect();
        return Err(match did_you_mean(name, known.iter().copied()) {
            Some(near) => error.hint(format!("Did you mean '{near}'? It is defined in {}.", path.display())),
            None if known.is_empty() => error.hint(format!(
                "There is no profile in {}. Add one, or name its folder with --profiles-dir.",
                path.display()
            )),
            None => error.hint(format!("{} defines: {}.", path.display(), known.join(", "))),
        });
    };
    match &profile.value {
        Value::Map(map) if !map.is_empty() => Ok(profile),
        value if !value.is_truthy() => Err(unreadable(&format!("Profile {name} in profiles.yml is empty"))),
        other => Err(unreadable(&format!(
            "Profile {name} in profiles.yml must be a mapping with the keys `target` and `outputs`, but is a {}",
            other.type_name()
        ))),
    }
}

fn pick_target(profile: &Node, name: &str, flags: &Flags, renderer: &Renderer, events: &Events) -> Result<String> {
    if let Some(target) = &flags.target {
        return Ok(target.clone());
    }
    if let Some(node) = profile.get("target") {
        return Ok(match renderer.render_all(node)?.value {
            Value::Str(target) => target,
            other => repr(&other),
        });
    }
    let message = format!("target not specified in profile '{name}', using 'default'");
    events.emit(Event::new("MissingProfileTarget", "A005", Level::Info, message));
    Ok("default".to_owned())
}

fn find_output<'a>(profile: &'a Node, name: &str, target: &str) -> Result<&'a Node> {
    let Some(outputs) = profile.get("outputs") else {
        return Err(Error::runtime(format!("outputs not specified in profile '{name}'"))
            .hint("List the profile's targets below `outputs`, each with its `type` and `path`.")
            .hint_line(profile.span.line));
    };
    let Some(output) = outputs.get(target) else {
        let known: Vec<&str> = outputs.as_map().into_iter().flat_map(Map::str_entries).map(|(key, _)| key).collect();
        let list: Vec<String> = known.iter().map(|key| format!(" - {key}")).collect();
        let error = Error::runtime(format!(
            "The profile '{name}' does not have a target named '{target}'. The valid target names for this profile \
             are:\n{}",
            list.join("\n")
        ));
        return Err(match did_you_mean(target, known) {
            Some(near) => error.hint(format!("Did you mean '{near}'?")),
            None => error,
        });
    };
    if output.as_map().is_none() {
        return Err(Error::runtime(format!("output '{target}' of profile '{name}' is misconfigured in profiles.yml"))
            .hint("It must be a mapping with the keys `type` and `path`.")
            .hint_line(output.span.line));
    }
    Ok(output)
}

/// Checks a rendered output and makes the target of it.
fn complete(profile: &str, name: &str, output: &Map, flags: &Flags) -> Result<Target> {
    let invalid = |reason: &str| {
        Error::runtime(format!("Credentials in profile \"{profile}\", target \"{name}\" invalid: {reason}"))
    };
    let adapter_type = match output.get("type").map(|node| &node.value) {
        Some(Value::Str(kind)) => kind.clone(),
        Some(other) => repr(other),
        None => {
            return Err(Error::runtime(format!(
                "required field \"type\" not found in profile {profile} and target {name}"
            ))
            .hint("Set `type: duckdb`."));
        }
    };
    if adapter_type != "duckdb" {
        let reason = Error::runtime(format!("Could not find adapter type {adapter_type}!")).to_string();
        return Err(invalid(&reason).hint("rdbt runs projects on DuckDB: set `type: duckdb`."));
    }
    let credentials = credentials::complete(output).map_err(|error| {
        let hints = error.hints.clone();
        hints.into_iter().fold(invalid(&error.message), Error::hint)
    })?;
    let field = |key: &str| credentials.get(key).and_then(Node::as_str).unwrap_or_default().to_owned();
    Ok(Target {
        profile_name: profile.to_owned(),
        name: name.to_owned(),
        adapter_type,
        threads: threads(output, flags)?,
        database: field("database"),
        schema: field("schema"),
        credentials,
    })
}

/// `--threads`, else `threads` of the output, else one.
fn threads(output: &Map, flags: &Flags) -> Result<usize> {
    match (flags.threads, output.get("threads")) {
        (Some(threads), _) => Ok(threads),
        (None, None) => Ok(1),
        (None, Some(node)) => {
            // None of them can run, but everything else works; see `run`.
            node.as_i64().map(|threads| usize::try_from(threads).unwrap_or(0)).ok_or_else(|| {
                Error::runtime(format!("at path ['threads']: {} is not of type 'integer'", repr(&node.value)))
                    .hint_line(node.span.line)
            })
        }
    }
}

impl Target {
    /// What `target` is in Jinja: the connection's shown keys, then its type, threads and names, as dbt orders them.
    pub fn jinja_dict(&self) -> Map {
        let mut dict = Map::new();
        for key in credentials::SHOWN_KEYS {
            dict.insert(text(key), self.credentials.get(key).cloned().unwrap_or_default());
        }
        dict.insert(text("type"), text(&self.adapter_type));
        let threads = i64::try_from(self.threads).unwrap_or(i64::MAX);
        dict.insert(text("threads"), Node::detached(Value::Int(threads)));
        for key in ["name", "target_name"] {
            dict.insert(text(key), text(&self.name));
        }
        dict.insert(text("profile_name"), text(&self.profile_name));
        dict
    }
}
