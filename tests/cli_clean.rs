//! `clean` deletes what it is told to, and nothing that is precious.
#![allow(clippy::unwrap_used)] // A failing look-up is a failing test.

mod common;

use common::Sandbox;

#[test]
fn deletes_the_clean_targets() {
    let sandbox = Sandbox::new()
        .project()
        .file("dbt_project.yml", "name: a\nprofile: p\nclean-targets: [target, dbt_packages]\n")
        .file("target/x.json", "")
        .file("models/a.sql", "select 1");
    insta::assert_snapshot!(sandbox.run(&["clean"]), @r"
    exit code 0
    Running with dbt=1.12.6
    Checking HERE/dbt_packages/*
    Cleaned HERE/dbt_packages/*
    Checking HERE/target/*
    Cleaned HERE/target/*
    Finished cleaning all paths.
    ");
    assert!(!sandbox.here().join("target").exists());
    assert!(sandbox.here().join("models/a.sql").exists());
}

#[test]
fn spares_sources() {
    let sandbox = Sandbox::new()
        .project()
        .file("dbt_project.yml", "name: a\nprofile: p\nclean-targets: [models, target]\n")
        .file("target/x.json", "")
        .file("models/a.sql", "select 1");
    insta::assert_snapshot!(sandbox.run(&["clean"]), @r"
    exit code 2
    Running with dbt=1.12.6
    [ERROR]: Encountered an error:
    Runtime Error
      dbt will not clean the following source paths: ['HERE/models']
      Remove them from `clean-targets` in dbt_project.yml.
    ");
    assert!(sandbox.here().join("models/a.sql").exists() && sandbox.here().join("target/x.json").exists());
}

#[test]
fn spares_what_lies_outside() {
    let sandbox = Sandbox::new()
        .project()
        .file("project/dbt_project.yml", "name: a\nprofile: p\nclean-targets: ['../precious']\n")
        .file("precious/x", "");
    assert_eq!(sandbox.run(&["clean", "--project-dir", "project"]).code, 2);
    assert!(sandbox.here().join("precious/x").exists());
    assert_eq!(sandbox.run(&["clean", "--project-dir", "project", "--no-clean-project-files-only"]).code, 0);
    assert!(!sandbox.here().join("precious").exists());
}
