//! `deps`: what it installs from each kind of source, what it locks, what it says, and that it changes nothing when it
//! cannot. Console lines, lock files and exit codes were recorded from dbt 1.12 against the same hub and repositories.
#![allow(clippy::unwrap_used)] // A failing look-up is a failing test.

mod common;
#[path = "common/hub.rs"]
mod hub;

use std::path::Path;
use std::process::Command;

use common::{Outcome, Sandbox};
use hub::{Hub, archive};
use serde_json::json;

fn with_package() -> Sandbox {
    Sandbox::new()
        .project()
        .file("packages.yml", "packages:\n  - local: loc\n")
        .file("loc/dbt_project.yml", "name: loc_project\n")
        .file("loc/macros/m.sql", "{% macro m() %}{% endmacro %}")
}

/// A project that takes its packages from a hub.
fn with_hub(hub: &Hub, packages: &str) -> Sandbox {
    Sandbox::new().project().env("DBT_PACKAGE_HUB_URL", &hub.address()).file("packages.yml", packages)
}

fn acme() -> Hub {
    ["0.9.0", "1.0.0", "1.1.0", "1.2.0-rc1", "2.0.0"]
        .iter()
        .fold(Hub::new(), |hub, version| hub.package("acme/utils", version, json!([])))
        .package("acme/helper", "0.1.0", json!([{"package": "acme/utils", "version": [">=1.0.0", "<2.0.0"]}]))
        .package("acme/strict", "0.1.0", json!([{"package": "acme/utils", "version": "0.9.0"}]))
}

/// The console with `HUB` for the hub's address.
fn console(outcome: &Outcome, hub: &str) -> String {
    outcome.console().replace(hub, "HUB/")
}

fn write(sandbox: &Sandbox, path: &str, content: &str) {
    std::fs::write(sandbox.here().join(path), content).unwrap();
}

/// Folders that an installation has left behind.
fn leftovers(sandbox: &Sandbox) -> Vec<String> {
    let entries = std::fs::read_dir(sandbox.here()).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
    names.filter(|name| name.starts_with('.')).collect()
}

#[test]
fn installs_and_locks_local_packages() {
    let sandbox = with_package();
    insta::assert_snapshot!(sandbox.run(&["deps"]), @r"
    exit code 0
    Running with dbt=1.12.6
    Updating lock file in file path: HERE/package-lock.yml
    Installing loc
    Installed from <local @ loc>
    ");
    assert!(sandbox.here().join("dbt_packages/loc_project/macros/m.sql").exists());
    insta::assert_snapshot!(sandbox.read("package-lock.yml"), @r"
    packages:
      - local: loc
        name: loc_project
    sha1_hash: a71055181d00da6c4c839b505767961c8cad73b3
    ");
}

#[test]
fn lock_alone_installs_nothing() {
    let sandbox = with_package();
    assert_eq!(sandbox.run(&["deps", "--lock"]).code, 0);
    assert!(sandbox.here().join("package-lock.yml").exists());
    assert!(!sandbox.here().join("dbt_packages").exists());
}

#[test]
fn nothing_changes_when_a_package_cannot_be_resolved() {
    let sandbox = with_package();
    assert_eq!(sandbox.run(&["deps"]).code, 0);
    for packages in ["packages: [{local: nowhere}]", "packages: [{git: 'file:///nowhere/x.git'}]", "packages: 1"] {
        let lock = sandbox.read("package-lock.yml");
        write(&sandbox, "packages.yml", packages);
        assert_eq!(sandbox.run(&["deps"]).code, 2, "{packages}");
        assert!(sandbox.here().join("dbt_packages/loc_project/macros/m.sql").exists(), "{packages}");
        assert_eq!(sandbox.read("package-lock.yml"), lock);
    }
    assert_eq!(leftovers(&sandbox), Vec::<String>::new());
}

#[test]
fn packages_that_ask_for_each_other_come_to_an_end() {
    let sandbox = with_package()
        .file("loc/packages.yml", "packages: [{local: other}]")
        .file("other/dbt_project.yml", "name: other\n")
        .file("other/packages.yml", "packages: [{local: loc}]");
    assert_eq!(sandbox.run(&["deps"]).code, 0);
    assert!(sandbox.here().join("dbt_packages/other/dbt_project.yml").exists());
}

#[test]
fn a_project_without_packages_is_fine() {
    insta::assert_snapshot!(Sandbox::new().project().run(&["deps"]).console(), @r"
    exit code 0
    Warning: No packages were found in packages.yml
    Warning: No packages were found in packages.yml
    ");
    insta::assert_snapshot!(Sandbox::new().run(&["deps"]), @r"
    exit code 2
    Running with dbt=1.12.6
    [ERROR]: Encountered an error:
    Runtime Error
      No dbt_project.yml found at expected path HERE/dbt_project.yml
      Verify that each entry within packages.yml (and their transitive dependencies) contains a file named dbt_project.yml
      Run the command inside a project, name one with --project-dir, or make one with `init`.
    ");
}

#[test]
fn hub_packages_are_resolved_locked_and_installed() {
    let hub = acme();
    let sandbox = with_hub(&hub, "packages: [{package: acme/helper, version: 0.1.0}]");
    let watch = hub.serve();
    insta::assert_snapshot!(sandbox.run(&["deps"]).console(), @r"
    exit code 0
    Updating lock file in file path: HERE/package-lock.yml
    Installing acme/helper
    Installed from version 0.1.0
    Up to date!
    Installing acme/utils
    Installed from version 1.1.0
    Updated version available: 2.0.0
    Updates available for packages: ['acme/utils']                 
    Update your versions in packages.yml, then run dbt deps
    ");
    insta::assert_snapshot!(sandbox.read("package-lock.yml"), @r"
    packages:
      - name: helper
        package: acme/helper
        version: 0.1.0
      - name: utils
        package: acme/utils
        version: 1.1.0
    sha1_hash: 635f2196f0f95f5d7452e0ace93e576ded870649
    ");
    assert_eq!(sandbox.read("dbt_packages/utils/dbt_project.yml"), "name: utils\nversion: 1.1.0\n");
    assert_eq!(watch.requests.lock().unwrap().iter().filter(|path| path.starts_with("/api")).count(), 3);
    assert_eq!(sandbox.run(&["parse"]).code, 0);
}

#[test]
fn the_lock_file_holds_until_the_list_changes() {
    let hub = acme();
    let sandbox = with_hub(&hub, "packages: [{package: acme/utils, version: [\">=1.0.0\", \"<2.0.0\"]}]");
    hub.serve();
    assert_eq!(sandbox.run(&["deps"]).code, 0);
    let lock = sandbox.read("package-lock.yml");
    write(&sandbox, "package-lock.yml", &lock.replace("1.1.0", "1.0.0"));
    assert!(sandbox.run(&["deps"]).stdout.contains("Installed from version 1.0.0"));
    assert!(sandbox.run(&["deps", "--upgrade"]).stdout.contains("Installed from version 1.1.0"));
    write(&sandbox, "packages.yml", "packages: [{package: acme/utils, version: 0.9.0}]");
    assert!(sandbox.run(&["deps"]).stdout.contains("Installed from version 0.9.0"));
}

#[test]
fn hub_packages_that_do_not_fit_are_refused_in_dbts_words() {
    let hub = acme().tell("acme/utils", |package| {
        package["versions"]["2.0.0"]["require_dbt_version"] = json!([">=2.0.0", "<3.0.0"]);
    });
    let sandbox = with_hub(&hub, "");
    hub.serve();
    let errors = |packages: &str| {
        write(&sandbox, "packages.yml", &format!("packages: [{packages}]"));
        sandbox.run(&["deps"]).console()
    };
    insta::assert_snapshot!(errors("{package: acme/utilz, version: 1.0.0}"), @r"
    exit code 2
    [ERROR]: Encountered an error:
    Runtime Error
      Package acme/utilz was not found in the package index
      Did you mean 'acme/utils'?
    ");
    insta::assert_snapshot!(errors("{package: acme/utils, version: 2.0.0}"), @r"
    exit code 2
    [ERROR]: Encountered an error:
    Runtime Error
      Could not find a matching compatible version for package acme/utils
        Requested range: =2.0.0, =2.0.0
        Compatible versions: ['0.9.0', '1.0.0', '1.1.0']
      
        Not shown: package versions incompatible with installed version of dbt-core
        To include them, run 'dbt --no-version-check deps'
    ");
    insta::assert_snapshot!(errors("{package: acme/helper, version: 0.1.0}, {package: acme/strict, version: 0.1.0}"), @r"
    exit code 2
    [ERROR]: Encountered an error:
    Runtime Error
      Version error for package acme/utils: Could not find a satisfactory version from options: ['>=1.0.0', '<2.0.0', '=0.9.0']
      Packages that ask for the same package have to agree on a version of it.
    ");
    assert!(errors("{package: acme/utils, version: 1.0}").contains("\"1.0\" is not a valid semantic version."));
    assert!(errors("{package: acme/utils, foo: 1, version: 1.0.0}").contains("is not valid under any of the given"));
    write(&sandbox, "packages.yml", "packages: [{package: acme/utils, version: 2.0.0}]");
    assert!(sandbox.run(&["deps", "--no-version-check"]).stdout.contains("Installed from version 2.0.0"));
}

#[test]
fn a_failed_installation_leaves_the_packages_of_before() {
    let hub = acme()
        .package("acme/gone", "1.0.0", json!([]))
        .without("/archives/acme/gone/1.0.0.tar.gz")
        .package("acme/empty", "1.0.0", json!([]))
        .file("/archives/acme/empty/1.0.0.tar.gz", archive("empty", &[("README.md", "")]))
        .package("acme/evil", "1.0.0", json!([]))
        .tell("acme/evil", |package| package["versions"]["1.0.0"]["name"] = json!("../evil"));
    let address = hub.address();
    let sandbox = with_hub(&hub, "packages: [{package: acme/utils, version: 1.0.0}]");
    hub.serve();
    assert_eq!(sandbox.run(&["deps"]).code, 0);
    let fails = |name: &str| {
        let packages =
            format!("packages: [{{package: acme/utils, version: 1.1.0}}, {{package: {name}, version: 1.0.0}}]");
        write(&sandbox, "packages.yml", &packages);
        let outcome = sandbox.run(&["deps"]);
        assert_eq!(sandbox.read("dbt_packages/utils/dbt_project.yml"), "name: utils\nversion: 1.0.0\n");
        assert_eq!(leftovers(&sandbox), Vec::<String>::new());
        assert_eq!(outcome.code, 2);
        let console = console(&outcome, &address);
        console.split_once("Runtime Error\n").unwrap().1.to_owned()
    };
    insta::assert_snapshot!(fails("acme/gone"), @r"
      External connection exception occurred: 404 Client Error: Not Found for url: HUB/archives/acme/gone/1.0.0.tar.gz
      The server has nothing at this address. Check its spelling.
    ");
    insta::assert_snapshot!(
        fails("acme/empty"),
        @"  The archive HUB/archives/acme/empty/1.0.0.tar.gz of package empty is no dbt project: it has no dbt_project.yml."
    );
    insta::assert_snapshot!(
        fails("acme/evil"),
        @"  Invalid package name '../evil': resolves outside of the packages-install-path ('dbt_packages')"
    );
}

#[test]
fn what_fails_in_passing_is_tried_again() {
    let hub = acme();
    let sandbox = with_hub(&hub, "packages: [{package: acme/utils, version: 1.0.0}]");
    let watch = hub.serve();
    watch.refusals.lock().unwrap().insert("/api/v1/index.json".to_owned(), 1);
    assert_eq!(sandbox.run(&["deps"]).code, 0);
    assert!(sandbox.read("logs/dbt.log").contains("Retrying external call. Attempt: 0 Max attempts: 5"));
}

#[test]
fn tarballs_are_installed_under_the_name_given() {
    let files =
        [("dbt_project.yml", "name: inner\n"), ("packages.yml", "packages: [{package: acme/utils, version: 1.0.0}]")];
    let hub = acme().file("/t/x.tar.gz", archive("x-1", &files));
    let address = hub.address();
    let secret = address.replace("http://", "http://me:{{ env_var('DBT_ENV_SECRET_WORD') }}@");
    let packages =
        format!("packages:\n  - tarball: \"{secret}{{{{ env_var('FOLDER') }}}}/x.tar.gz\"\n    name: outer\n");
    let sandbox = with_hub(&hub, &packages).env("DBT_ENV_SECRET_WORD", "s3cr3t").env("FOLDER", "t");
    let watch = hub.serve();
    let outcome = sandbox.run(&["deps"]);
    insta::assert_snapshot!(console(&outcome, address.trim_start_matches("http://")), @r"
    exit code 0
    Updating lock file in file path: HERE/package-lock.yml
    Installing outer
    Installed from tarball (url: http://me:*****@HUB/t/x.tar.gz)
    Installing acme/utils
    Installed from version 1.0.0
    Updated version available: 2.0.0
    Updates available for packages: ['acme/utils']                 
    Update your versions in packages.yml, then run dbt deps
    ");
    assert!(watch.requests.lock().unwrap().contains(&"/t/x.tar.gz authorization: Basic bWU6czNjcjN0".to_owned()));
    let lock = sandbox.read("package-lock.yml");
    assert!(lock.contains("env_var('DBT_ENV_SECRET_WORD')") && !lock.contains("s3cr3t"), "{lock}");
    assert!(!sandbox.read("logs/dbt.log").contains("s3cr3t"));
    assert_eq!(sandbox.read("dbt_packages/outer/dbt_project.yml"), "name: inner\n");
    assert_eq!(sandbox.run(&["deps"]).code, 0, "the lock file is read with its templates rendered");
    write(&sandbox, "packages.yml", "packages: []");
    write(&sandbox, "package-lock.yml", &sandbox.read("package-lock.yml").replace("FOLDER", "NOT_SET"));
    assert_eq!(sandbox.run(&["parse"]).code, 0, "commands that install nothing do not render the lock file");
}

/// A repository with the tags `v1` and `v2` and a project in a folder; its address.
fn repository(folder: &Path) -> String {
    std::fs::create_dir_all(folder.join("sub/macros")).unwrap();
    std::fs::write(folder.join("sub/dbt_project.yml"), "name: sub_project\n").unwrap();
    std::fs::write(folder.join("dbt_project.yml"), "name: git_project\n").unwrap();
    git(folder, &["init", "-q", "-b", "main"]);
    git(folder, &["config", "uploadpack.allowAnySHA1InWant", "true"]);
    git(folder, &["config", "uploadpack.allowFilter", "true"]);
    for tag in ["v1", "v2"] {
        std::fs::write(folder.join("sub/macros/m.sql"), tag).unwrap();
        git(folder, &["add", "."]);
        git(folder, &["commit", "-q", "-m", tag]);
        git(folder, &["tag", tag]);
    }
    format!("file://{}", folder.display())
}

fn git(folder: &Path, words: &[&str]) -> String {
    let identity = ["-c", "user.name=n", "-c", "user.email=e@example.com", "-c", "commit.gpgsign=false"];
    let mut command = Command::new("git");
    command.args(identity).args(words).current_dir(folder).env("GIT_CONFIG_GLOBAL", "/dev/null");
    for time in ["GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"] {
        command.env(time, "2024-01-01T00:00:00Z");
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
fn git_packages_are_held_at_their_commit() {
    let sandbox = Sandbox::new().project();
    let address = repository(&sandbox.here().join("repo"));
    let commit = git(&sandbox.here().join("repo"), &["rev-parse", "v1"]);
    let install = |entry: &str| {
        write(&sandbox, "packages.yml", &format!("packages: [{{git: '{address}', {entry}}}]"));
        sandbox.run(&["deps"]).console().replace(&commit, "COMMIT")
    };
    insta::assert_snapshot!(install("revision: v1, subdirectory: sub"), @r"
    exit code 0
    Updating lock file in file path: HERE/package-lock.yml
    Installing file://HERE/repo/sub
    Installed from revision COMMIT
    and subdirectory sub
    ");
    let lock = sandbox.read("package-lock.yml");
    assert!(
        lock.contains(&format!("    name: sub_project\n    revision: {commit}\n    subdirectory: sub\n")),
        "{lock}"
    );
    assert_eq!(sandbox.read("dbt_packages/sub_project/macros/m.sql"), "v1");
    assert!(install(&format!("revision: {commit}")).starts_with("exit code 0\n"));
    assert_eq!(sandbox.read("dbt_packages/git_project/sub/macros/m.sql"), "v1");
    assert!(!sandbox.here().join("dbt_packages/sub_project").exists());
    insta::assert_snapshot!(install("revision: main").split_once("Updating").unwrap().0, @r#"
    exit code 0
    [WARNING]: The git package "file://HERE/repo" 
    	is pinned to the "main" branch.
    	This can introduce breaking changes into your project without warning!
    See https://docs.getdbt.com/docs/package-management#section-specifying-package-versions
    [WARNING]: The git package "file://HERE/repo" 
    	is pinned to the "main" branch.
    	This can introduce breaking changes into your project without warning!
    See https://docs.getdbt.com/docs/package-management#section-specifying-package-versions
    "#);
    assert_eq!(sandbox.read("dbt_packages/git_project/sub/macros/m.sql"), "v2");
    assert!(!install("revision: main, warn-unpinned: false").contains("WARNING"));
}

#[test]
fn what_git_cannot_find_is_named() {
    let sandbox = Sandbox::new().project();
    let address = repository(&sandbox.here().join("repo"));
    let fails = |entry: &str| {
        write(&sandbox, "packages.yml", &format!("packages: [{{git: '{address}', {entry}}}]"));
        sandbox.run(&["deps"]).console()
    };
    insta::assert_snapshot!(fails("revision: nope"), @r"
    exit code 2
    [ERROR]: Encountered an error:
    Internal Error
      Error checking out spec='nope' for repo file://HERE/repo
      fatal: couldn't find remote ref nope
      The repository has no such branch, tag or commit. Correct `revision` in packages.yml.
    ");
    insta::assert_snapshot!(fails("revision: v1, subdirectory: nosub"), @r#"
    exit code 2
    [ERROR]: Encountered an error:
    Runtime Error
      The git package "file://HERE/repo" has no folder 'nosub' at revision v1.
      Correct `subdirectory` in packages.yml.
    "#);
    assert!(fails("revision: --upload-pack=x").contains("is no branch, tag or commit"));
    write(&sandbox, "packages.yml", &format!("packages: [{{git: '{address}'}}]"));
    let command = sandbox.command(&["deps"]).env("PATH", "").output().unwrap();
    let console = String::from_utf8(command.stdout).unwrap();
    assert!(console.contains("Make sure git is installed on your machine."), "{console}");
    assert_eq!(command.status.code(), Some(2));
}

#[test]
fn private_packages_come_from_the_providers_that_are_listed() {
    let sandbox = Sandbox::new().project();
    let home = sandbox.here();
    repository(&home.join("t0ken/gp"));
    let folder = home.to_string_lossy().trim_start_matches('/').to_owned();
    let (organisation, group) = folder.split_once('/').unwrap();
    let list = json!([{
        "org": organisation, "provider": "github", "token": "t0ken",
        "url": format!("file:///{folder}/{{token}}/{{repo}}"),
    }]);
    let packages = format!("packages: [{{private: '{organisation}/{group}/{{token}}/gp', revision: v1}}]");
    let sandbox = sandbox.env("DBT_ENV_PRIVATE_GIT_PROVIDER_INFO", &list.to_string()).file("packages.yml", &packages);
    let outcome = sandbox.run(&["deps"]);
    assert_eq!(outcome.code, 0, "{outcome}");
    assert!(outcome.stdout.contains("Installing file://HERE/*****/gp"), "{outcome}");
    assert!(!sandbox.read("logs/dbt.log").contains("t0ken"));
    assert!(sandbox.read("package-lock.yml").starts_with("packages:\n  - name: git_project\n    private: "));
    assert!(sandbox.here().join("dbt_packages/git_project/dbt_project.yml").exists());
    write(&sandbox, "packages.yml", "packages: [{private: other/gp}]");
    assert!(sandbox.run(&["deps"]).stdout.contains("No matching Git URLs for private definition other/gp"));
}

#[test]
fn add_package_writes_the_list() {
    let hub = acme();
    let packages = "packages:\n  - package: other/utils\n    version: 1.0.0\n  - local: loc # a comment\n";
    let sandbox = with_hub(&hub, packages).file("loc/dbt_project.yml", "name: loc_project\n");
    hub.serve();
    let add = |words: &[&str]| sandbox.run(&[&["deps", "--lock"], words].concat());
    let added = add(&["--add-package", "acme/utils@>=1.0.0,<2.0.0"]);
    assert_eq!(added.code, 0, "{added}");
    assert!(added.stdout.contains("\nFound duplicate package in packages.yml, removing: {"), "{added}");
    assert!(added.stdout.contains("\nAdded new package acme/utils@>=1.0.0,<2.0.0 to HERE/packages.yml\n"), "{added}");
    insta::assert_snapshot!(sandbox.read("packages.yml"), @r"
    packages:
      - local: loc
      - package: acme/utils
        version:
          - '>=1.0.0'
          - <2.0.0
    ");
    insta::assert_snapshot!(sandbox.read("package-lock.yml"), @r"
    packages:
      - local: loc
        name: loc_project
      - name: utils
        package: acme/utils
        version: 1.1.0
    sha1_hash: e114d2d08a2e7b5ba9d86ebd24582a78dcf46ba2
    ");
    assert_eq!(add(&["--source", "local", "--add-package", "loc"]).code, 0);
    assert!(sandbox.read("packages.yml").ends_with("      - <2.0.0\n  - local: loc\n"));
    let without_version = add(&["--add-package", "acme/utils"]);
    let expected = "Version is required in --add-package when a package when source is hub";
    assert!(without_version.stdout.contains(expected), "{without_version}");
    assert_eq!(without_version.code, 2);
}

#[test]
fn every_command_that_needs_packages_asks_for_deps() {
    let hub = acme();
    let packages = "packages: [{package: acme/helper, version: 0.1.0}]";
    let sandbox = with_hub(&hub, packages);
    hub.serve();
    assert_eq!(sandbox.run(&["deps", "--lock"]).code, 0);
    let needy = [
        "parse",
        "ls",
        "run",
        "build",
        "compile",
        "test",
        "seed",
        "snapshot",
        "docs generate",
        "source freshness",
        "show --inline x",
        "run-operation x",
    ];
    for command in needy {
        let outcome = sandbox.run(&command.split(' ').collect::<Vec<_>>());
        let expected = "Compilation Error\n  dbt expects 2 package(s) based on packages specified in packages.yml, but \
                        found only 0 package(s) installed in dbt_packages. Following packages were not found: helper, \
                        utils. Run \"dbt deps\" to install package dependencies.\n";
        assert!(outcome.stdout.contains(expected), "{command}: {outcome}");
        assert_eq!(outcome.code, 2, "{command}");
    }
    for command in ["clean", "debug", "deps"] {
        assert_eq!(sandbox.run(&[command]).code, 0, "{command}");
    }
}
