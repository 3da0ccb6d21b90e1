//! `init` writes a project and a profile that belong together, and overwrites nothing.
#![allow(clippy::unwrap_used)] // A failing look-up is a failing test.

mod common;

use common::Sandbox;

#[test]
fn writes_a_project_with_a_profile() {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.run(&["init", "shop"]).code, 0);
    let project = std::fs::read_to_string(sandbox.here().join("shop/dbt_project.yml")).unwrap();
    assert!(project.contains("name: 'shop'") && project.contains("profile: 'shop'") && !project.contains('{'));
    let profiles = sandbox.here().parent().unwrap().join(".dbt/profiles.yml");
    assert!(std::fs::read_to_string(&profiles).unwrap().starts_with("shop:\n  target: dev\n"));
    assert_eq!(sandbox.run_in(&sandbox.here().join("shop"), &["debug"]).code, 0);

    assert_eq!(sandbox.run(&["init", "second", "--skip-debug"]).code, 0);
    let both = std::fs::read_to_string(&profiles).unwrap();
    assert!(both.contains("shop:\n") && both.contains("\nsecond:\n"));
}

#[test]
fn keeps_what_is_there() {
    let sandbox = Sandbox::new().file("shop/precious", "x");
    assert_eq!(sandbox.run(&["init", "shop"]).code, 0);
    assert!(!sandbox.here().join("shop/dbt_project.yml").exists());
    assert!(!sandbox.here().parent().unwrap().join(".dbt").exists());
}

#[test]
fn skips_the_profile_on_demand() {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.run(&["init", "shop", "--skip-profile-setup"]).code, 0);
    assert!(sandbox.here().join("shop/models/example/schema.yml").exists());
    assert!(!sandbox.here().parent().unwrap().join(".dbt").exists());
}

#[test]
fn refuses_names_and_profiles_that_do_not_do() {
    let sandbox = Sandbox::new();
    for words in [&["init", "1shop"][..], &["init"], &["init", "dbt"], &["init", "shop", "--profile", "none"]] {
        assert_eq!(sandbox.run(words).code, 2, "{words:?}");
    }
    for name in ["1shop", "dbt", "shop"] {
        assert!(!sandbox.here().join(name).exists(), "{name}");
    }
}
