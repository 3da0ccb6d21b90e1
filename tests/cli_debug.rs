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
fn speaks_as_dbt_does() {
    let said = Sandbox::new().project().run(&["debug"]).stdout;
    let (_, said) = said.split_once("Using profiles dir at HERE\n").unwrap();
    insta::assert_snapshot!(said, @r"
    Using profiles.yml file at HERE/profiles.yml
    Using dbt_project.yml file at HERE/dbt_project.yml
    adapter type: duckdb
    adapter version: 1.11.1
    Configuration:
      profiles.yml file [OK found and valid]
      dbt_project.yml file [OK found and valid]
    Required dependencies:
     - git [OK found]

    Connection:
      database: a
      schema: main
      path: a.duckdb
      config_options: None
      extensions: None
      settings: {}
      external_root: .
      use_credential_provider: None
      attach: None
      filesystems: None
      remote: None
      plugins: None
      disable_transactions: False
    Registered adapter: duckdb=1.11.1
      Connection test: [OK connection ok]

    All checks passed!
    ");
    let said = Sandbox::new().run(&["debug"]).stdout;
    let (_, said) = said.split_once("Connection test ").unwrap();
    insta::assert_snapshot!(said, @r"
    skipped since no profile was found
    2 checks failed:
    dbt looked for a profiles.yml file in HOME/.dbt/profiles.yml, but did
    not find one. For more information on configuring your profile, consult the
    documentation:

    https://docs.getdbt.com/docs/configure-your-profile


    Project loading failed for the following reason:
     project path <HERE/dbt_project.yml> not found
    ");
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
