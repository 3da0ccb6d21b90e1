//! Loads small projects from disk; what is expected is what dbt makes of the same files.
#![allow(clippy::unwrap_used)] // A failing look-up is a failing test.

use std::path::Path;
use std::sync::Arc;

use tempfile::TempDir;

use super::{Project, load};
use crate::error::Result;
use crate::invocation::{Flags, Invocation};
use crate::yaml::Node;

const PROFILES: &str = "
p:
  target: \"{{ env_var('RDBT_TEST_NO_SUCH_TARGET', 'dev') }}\"
  outputs:
    dev: {type: duckdb, path: dir/a.b.duckdb, threads: 2}
    broken: {type: duckdb, path: \"{{ env_var('RDBT_TEST_NO_SUCH_PATH') }}\"}
";

/// A folder with the given files; a file without content is not written.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, content) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    folder
}

fn load_from(root: &Path, vars: &str) -> Result<Project> {
    let vars = crate::yaml::parse(vars, "vars").unwrap().as_map().cloned().unwrap_or_default();
    let flags = Flags {
        project_dir: root.to_owned(),
        profiles_dir: root.to_owned(),
        vars,
        version_check: true,
        ..Flags::default()
    };
    let invocation = Invocation {
        command: "run".to_owned(),
        invocation_command: "dbt run".to_owned(),
        invocation_id: String::new(),
        started_at: chrono::Utc::now(),
        flags,
    };
    load(&Arc::new(invocation), &Arc::default())
}

fn message(files: &[(&str, &str)]) -> String {
    let folder = folder(files);
    load_from(folder.path(), "{}").unwrap_err().to_string().replace(&folder.path().display().to_string(), "ROOT")
}

#[test]
fn fills_in_defaults() {
    let folder = folder(&[("dbt_project.yml", "{name: a, profile: p}"), ("profiles.yml", PROFILES)]);
    let project = load_from(folder.path(), "{}").unwrap();
    assert_eq!((project.root.name.as_str(), project.root.version), ("a", None));
    assert_eq!(project.root.model_paths, ["models"]);
    assert_eq!(project.root.docs_paths, ["models", "seeds", "snapshots", "analyses", "macros", "tests", "functions"]);
    assert_eq!(project.root.clean_targets, ["target"]);
    assert_eq!(project.target_path, folder.path().join("target"));
    let target = &project.target;
    assert_eq!((target.name.as_str(), target.database.as_str(), target.threads), ("dev", "a", 2));
    let shown: Vec<String> = target.jinja_dict().str_entries().map(|(key, _)| key.to_owned()).collect();
    assert_eq!(
        shown.join(" "),
        "database schema path config_options extensions settings external_root \
        use_credential_provider attach filesystems remote plugins disable_transactions type threads name target_name \
        profile_name"
    );
    assert_eq!(project.env_vars["RDBT_TEST_NO_SUCH_TARGET"], super::render::DEFAULT_ENV_PLACEHOLDER);
}

#[test]
fn renders_what_dbt_renders() {
    let file = "
name: a
profile: p
models:
  a:
    +enabled: \"{{ var('on', true) | as_bool }}\"
    +schema: \"{{ target.name }}_{{ var('x') }}\"
    +pre-hook: \"{{ this }}\"
vars: {y: \"{{ later }}\"}
on-run-start: \"{{ hook() }}\"
query-comment: {comment: \"{{ c }}\", append: true}
dispatch: [{macro_namespace: dbt_utils, search_order: [a, dbt_utils]}]
";
    let folder = folder(&[("dbt_project.yml", file), ("profiles.yml", PROFILES)]);
    let project = load_from(folder.path(), "{x: 1}").unwrap();
    let models = project.root.configs["models"].get("a").unwrap();
    let text = |key: &str| models.get(key).and_then(Node::as_str).unwrap_or_default().to_owned();
    assert_eq!((text("+schema"), text("+pre-hook")), ("dev_1".to_owned(), "{{ this }}".to_owned()));
    let raw = project.root.unrendered_configs["models"].get_path(&["a", "+schema"]).unwrap();
    assert_eq!(raw.as_str(), Some("{{ target.name }}_{{ var('x') }}"));
    assert_eq!(project.root.vars.get("y").unwrap().as_str(), Some("{{ later }}"));
    assert_eq!(project.root.on_run_start, ["{{ hook() }}"]);
    assert_eq!(project.root.query_comment.comment.as_deref(), Some("{{ c }}"));
    assert!(project.root.query_comment.append);
    assert_eq!(project.root.dispatch["dbt_utils"], ["a", "dbt_utils"]);
}

#[test]
fn loads_packages() {
    let folder = folder(&[
        ("dbt_project.yml", "{name: a, profile: p, quoting: {identifier: false}}"),
        ("profiles.yml", PROFILES),
        ("packages.yml", "packages: [{local: ../b}]"),
        ("dbt_packages/b/dbt_project.yml", "{name: b, tests: {b: {+enabled: false}}}"),
    ]);
    let project = load_from(folder.path(), "{}").unwrap();
    let package = project.package("b").unwrap();
    assert_eq!((package.quoting.identifier, package.quoting.schema), (Some(false), Some(true)));
    assert!(package.configs.contains_key("data_tests"));
}

#[test]
fn says_what_is_missing() {
    let project = ("dbt_project.yml", "{name: a, profile: p}");
    let profiles = ("profiles.yml", PROFILES);
    assert!(
        message(&[profiles])
            .starts_with("Runtime Error\n  No dbt_project.yml found at expected path ROOT/dbt_project.yml\n")
    );
    assert!(message(&[project]).starts_with("Runtime Error\n  Could not find profile named 'p'\n"));
    assert!(
        message(&[("dbt_project.yml", "name: a"), profiles])
            .starts_with("Runtime Error\n  dbt cannot run because no profile was specified for this dbt project.\n")
    );
    assert_eq!(
        message(&[project, profiles, ("packages.yml", "packages: [{local: ../b}]")]),
        "Compilation Error\n  dbt expects 1 package(s) based on packages specified in packages.yml, but found only 0 \
         package(s) installed in dbt_packages. Run \"dbt deps\" to install package dependencies."
    );
}

#[test]
fn says_what_is_wrong() {
    let profiles = ("profiles.yml", PROFILES);
    assert_eq!(
        message(&[("dbt_project.yml", "{name: a, profile: p, source-paths: [m], model-paths: [m]}"), profiles]),
        "Runtime Error\n  source-paths and model-paths cannot both be defined. The `source-paths` config has been \
         deprecated in favor of `model-paths`. Please update your `dbt_project.yml` configuration to reflect this \
         change.\n\nError encountered in ROOT/dbt_project.yml"
    );
    assert!(
        message(&[("dbt_project.yml", "{name: a, profile: p, require-dbt-version: '>2.0.0'}"), profiles])
            .contains("This version of dbt is not supported with the 'a' package.\n    Installed version of dbt: =")
    );
    assert_eq!(
        message(&[("dbt_project.yml", "{name: a, profile: \"{{ env_var('RDBT_TEST_NONE') }}\"}"), profiles]),
        "Parsing Error\n  Env var required but not provided: 'RDBT_TEST_NONE'\n  The value stands in line 1.\n\n\
         Error encountered in ROOT/dbt_project.yml"
    );
    assert!(
        message(&[("dbt_project.yml", "{name: a, profile: p, models: {+schema: \"{{ var('z') }}\"}}"), profiles])
            .starts_with(
                "Compilation Error\n  Could not render {{ var('z') }}: Required var 'z' not found in config:\n"
            )
    );
    let both = [("dbt_project.yml", "{name: a, profile: p, vars: {x: 1}}"), profiles, ("vars.yml", "vars: {x: 2}")];
    assert!(message(&both).contains("Variables cannot be defined in both vars.yml and dbt_project.yml."));
    let twice = [
        ("dbt_project.yml", "{name: a, profile: p}"),
        profiles,
        ("packages.yml", "packages: [{local: ../b}]"),
        ("dbt_packages/b/dbt_project.yml", "name: a"),
    ];
    assert!(message(&twice).contains("dbt found more than one package with the name \"a\" included in this project."));
}
