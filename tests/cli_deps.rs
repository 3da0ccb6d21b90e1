//! `deps` with local packages: what it installs, what it locks, and that it changes nothing when it cannot.
#![allow(clippy::unwrap_used)] // A failing look-up is a failing test.

mod common;

use common::Sandbox;

fn with_package() -> Sandbox {
    Sandbox::new()
        .project()
        .file("packages.yml", "packages:\n  - local: loc\n")
        .file("loc/dbt_project.yml", "name: loc_project\n")
        .file("loc/macros/m.sql", "{% macro m() %}{% endmacro %}")
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
    let lock = std::fs::read_to_string(sandbox.here().join("package-lock.yml")).unwrap();
    // What dbt writes for the same packages.yml.
    insta::assert_snapshot!(lock, @r"
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
fn nothing_changes_when_a_package_cannot_be_installed() {
    let sandbox = with_package();
    assert_eq!(sandbox.run(&["deps"]).code, 0);
    for packages in ["packages: [{local: nowhere}]", "packages: [{git: 'https://example.com/x.git'}]", "packages: 1"] {
        let sandbox_lock = std::fs::read(sandbox.here().join("package-lock.yml")).unwrap();
        std::fs::write(sandbox.here().join("packages.yml"), packages).unwrap();
        assert_eq!(sandbox.run(&["deps"]).code, 2, "{packages}");
        assert!(sandbox.here().join("dbt_packages/loc_project/macros/m.sql").exists(), "{packages}");
        assert_eq!(std::fs::read(sandbox.here().join("package-lock.yml")).unwrap(), sandbox_lock);
    }
}

#[test]
fn a_project_without_packages_is_fine() {
    assert_eq!(Sandbox::new().project().run(&["deps"]).code, 0);
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
