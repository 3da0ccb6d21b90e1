//! `init`: writes a small project that builds as it is, and a profile for it.

use std::io::{BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{debug, say};
use crate::error::{Error, Result};
use crate::events::Events;
use crate::invocation::Invocation;
use crate::project::file::{self, PROJECT_FILE};
use crate::project::is_identifier;
use crate::project::profile::{self, PROFILES_FILE};
use crate::yaml::Node;

/// The files of a new project, with placeholders for its name and its profile's name.
const TEMPLATE: [(&str, &str); 11] = [
    ("dbt_project.yml", include_str!("../../../project_template/dbt_project.yml")),
    (".gitignore", include_str!("../../../project_template/.gitignore")),
    ("README.md", include_str!("../../../project_template/README.md")),
    (
        "models/example/my_first_dbt_model.sql",
        include_str!("../../../project_template/models/example/my_first_dbt_model.sql"),
    ),
    (
        "models/example/my_second_dbt_model.sql",
        include_str!("../../../project_template/models/example/my_second_dbt_model.sql"),
    ),
    ("models/example/schema.yml", include_str!("../../../project_template/models/example/schema.yml")),
    ("seeds/.gitkeep", ""),
    ("macros/.gitkeep", ""),
    ("snapshots/.gitkeep", ""),
    ("tests/.gitkeep", ""),
    ("analyses/.gitkeep", ""),
];

/// The profile of a new project: one database file to develop in, another for production.
const PROFILE_TEMPLATE: &str = "\
{profile_name}:
  target: dev
  outputs:
    dev:
      type: duckdb
      path: dev.duckdb
      threads: 4

    prod:
      type: duckdb
      path: prod.duckdb
      threads: 4
";

/// Names of the packages inside rdbt, which a project may not have.
const RESERVED: [&str; 2] = ["dbt", "dbt_duckdb"];

pub fn run(invocation: &Invocation, events: &Arc<Events>) -> Result<bool> {
    if invocation.flags.project_dir.join(PROJECT_FILE).exists() {
        return set_up_existing(invocation, events);
    }
    let name = match invocation.flags.other.get("project_name").and_then(serde_json::Value::as_str) {
        Some(name) if is_valid(name) => name.to_owned(),
        given => ask_name(given)?,
    };
    if Path::new(&name).exists() {
        let message = format!("A project called {name} already exists here.");
        say(events, "ProjectNameAlreadyExists", "A025", message);
        return Ok(true);
    }
    create(invocation, &name, events)
}

fn is_valid(name: &str) -> bool {
    is_identifier(name) && !RESERVED.contains(&name)
}

/// Inside a project `init` writes the profile that the project names.
fn set_up_existing(invocation: &Invocation, events: &Arc<Events>) -> Result<bool> {
    if invocation.flags.profile.is_some() {
        return Err(Error::runtime(
            "Can not init existing project with specified profile, edit dbt_project.yml instead",
        ));
    }
    if skips(invocation, "skip_profile_setup") {
        return Ok(true);
    }
    let project = file::read_project(&invocation.flags.project_dir)?;
    let Some(profile) = project.get("profile").and_then(Node::as_str) else {
        return Err(Error::runtime("The project names no profile.")
            .hint("Add a line `profile: name` to dbt_project.yml and run `init` again."));
    };
    write_profile(&invocation.flags.profiles_dir, profile, events)?;
    validate(invocation, &invocation.flags.project_dir, events);
    Ok(true)
}

fn skips(invocation: &Invocation, flag: &str) -> bool {
    invocation.flags.other.get(flag).and_then(serde_json::Value::as_bool).unwrap_or(false)
}

fn create(invocation: &Invocation, name: &str, events: &Arc<Events>) -> Result<bool> {
    let profiles_dir = &invocation.flags.profiles_dir;
    let given = invocation.flags.profile.as_deref();
    if let Some(profile) = given
        && !profile::read_profiles(profiles_dir)?.contains_key(profile)
    {
        return Err(Error::runtime(format!("Could not find profile named '{profile}'")));
    }
    let root = std::path::absolute(name).unwrap_or_else(|_| PathBuf::from(name));
    write_project(&root, name, given.unwrap_or(name))?;
    let mut sound = true;
    if given.is_some() || !skips(invocation, "skip_profile_setup") {
        if given.is_none() {
            write_profile(profiles_dir, name, events)?;
        }
        sound = validate(invocation, &root, events);
    }
    let message = format!(
        "Your new dbt project \"{name}\" was created!\nInitialized new project in {}\n\nBuild its models and run its \
         tests:\n\n  cd {name}\n  rdbt build\n\nMore on profiles.yml: \
         https://docs.getdbt.com/docs/configure-your-profile\n",
        root.display()
    );
    say(events, "ProjectCreated", "A026", message);
    if !sound {
        let message = "Your profile may need adjustments. You can find the logs of `dbt debug` above";
        say(events, "Note", "Z050", message);
    }
    Ok(true)
}

fn write_project(root: &Path, name: &str, profile: &str) -> Result<()> {
    for (path, content) in TEMPLATE {
        let path = root.join(path);
        let content = content.replace("{project_name}", name).replace("{profile_name}", profile);
        write_file(&path, &content)?;
    }
    Ok(())
}

fn write_file(path: &Path, content: &str) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(path, content))
        .map_err(|error| Error::runtime(format!("The file {} cannot be written: {error}.", path.display())))
}

/// Adds a profile to profiles.yml; one of that name that is there already stays as it is.
fn write_profile(profiles_dir: &Path, name: &str, events: &Arc<Events>) -> Result<()> {
    say(events, "SettingUpProfile", "A023", "Setting up your profile.");
    let path = profiles_dir.join(PROFILES_FILE);
    let shown = path.display();
    let present = std::fs::read_to_string(&path).unwrap_or_default();
    if !present.trim().is_empty() && profile::read_profiles(profiles_dir)?.contains_key(name) {
        say(events, "Note", "Z050", format!("The profile {name} already exists in {shown} and is kept as it is."));
        return Ok(());
    }
    if !profiles_dir.exists() {
        let message = format!("Creating dbt configuration folder at {}", profiles_dir.display());
        say(events, "ConfigFolderDirectory", "A018", message);
    }
    let separator = if present.trim().is_empty() { "" } else { "\n" };
    let profile = PROFILE_TEMPLATE.replace("{profile_name}", name);
    write_file(&path, &format!("{present}{separator}{profile}"))?;
    let message = format!(
        "Profile {name} written to {shown} using target's sample configuration. Once updated, you'll be able to start \
         developing with dbt."
    );
    say(events, "ProfileWrittenWithSample", "A020", message);
    Ok(())
}

/// Runs the checks of `debug` on a project; true if they pass or are not wanted.
fn validate(invocation: &Invocation, root: &Path, events: &Arc<Events>) -> bool {
    if skips(invocation, "skip_debug") {
        return true;
    }
    say(events, "Note", "Z050", "Running dbt debug to validate the project...");
    let mut inner = invocation.clone();
    inner.flags.project_dir = root.to_owned();
    // The database file's path counts from the project, so the check has to run inside it.
    let entered = std::env::set_current_dir(root).is_ok();
    match debug::check_all(&Arc::new(inner), events, false) {
        Ok(sound) => sound && entered,
        Err(_) => {
            say(events, "Note", "Z050", "Debug validation encountered an error");
            false
        }
    }
}

/// Asks for a name until a valid one comes; without someone to ask, the missing name is an error.
fn ask_name(given: Option<&str>) -> Result<String> {
    let mut refused = given.map(str::to_owned);
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        return Err(match refused {
            Some(name) => Error::runtime(format!("{name} is not a valid project name."))
                .hint("A name has letters, digits and underscores and does not begin with a digit."),
            None => {
                Error::runtime("The new project needs a name.").hint("Write it behind the command: `init my_project`.")
            }
        });
    }
    let mut console = std::io::stderr();
    let closed = |error: std::io::Error| Error::runtime(format!("No name could be read from the terminal: {error}."));
    loop {
        if let Some(name) = &refused {
            writeln!(console, "{name} is not a valid project name.").map_err(closed)?;
        }
        write!(console, "Enter a name for your project (letters, digits, underscore): ").map_err(closed)?;
        let mut line = String::new();
        if stdin.lock().read_line(&mut line).map_err(closed)? == 0 {
            return Err(Error::runtime("The new project needs a name."));
        }
        let name = line.trim();
        if is_valid(name) {
            return Ok(name.to_owned());
        }
        refused = (!name.is_empty()).then(|| name.to_owned());
    }
}
