//! `debug`: exit codes of its checks. The database file appears, because the connection test opens it.
#![allow(clippy::unwrap_used)] // A failing look-up is a failing test.

mod common;

use common::Sandbox;

#[test]
fn passes_on_a_sound_project() {
    let sandbox = Sandbox::new().project();
    assert_eq!(sandbox.run(&["debug"]).code, 0);
    assert_eq!(sandbox.run(&["debug", "--connection"]).code, 0);
    assert_eq!(sandbox.run(&["debug", "--config-dir"]).code, 0);
}

#[test]
fn fails_on_what_is_missing_or_wrong() {
    assert_eq!(Sandbox::new().run(&["debug"]).code, 1);
    let unknown = Sandbox::new().project().file("dbt_project.yml", "name: a\nprofile: q\n");
    assert_eq!(unknown.run(&["debug"]).code, 1);
    let locked_out = Sandbox::new()
        .project()
        .file("profiles.yml", "p: {target: dev, outputs: {dev: {type: duckdb, path: no/such/folder/a.duckdb}}}");
    assert_eq!(locked_out.run(&["debug"]).code, 1);
    let broken = Sandbox::new().project().file("dbt_project.yml", "name: [\n");
    assert_eq!(broken.run(&["debug"]).code, 2);
}
