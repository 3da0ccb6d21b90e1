//! `docs/commands.md` says what this module makes of the definitions of commands and options; the test fails where the
//! file says something else. `RDBT_WRITE_DOCS=1 cargo test --lib commands_table` writes it anew.
#![allow(clippy::unwrap_used)] // A failing look-up is a failing test.

use std::fmt::Write as _;

use super::command_specs::{COMMANDS, CommandSpec};
use super::options::{GLOBAL, Kind, OURS, OptionSpec, ROOT_ONLY};
use super::parse::negative_of;

const INTRODUCTION: &str = "# Commands and options

Every command and every option of dbt 1.12, with the hidden ones, and what rdbt does with it. \"Yes\" means that it does what it
does in dbt. An option that does nothing is accepted, and says so once when it is typed. A test holds this page to the program's
own definitions.

";

fn page() -> String {
    let mut page = INTRODUCTION.to_owned();
    page.push_str("| command | what it does | in rdbt |\n|---|---|---|\n");
    for command in COMMANDS {
        let status = if command.is_dbts { "yes" } else { "yes; dbt does not have it" };
        writeln!(page, "| {} | {} | {status} |", names(command), command.about).unwrap();
    }
    for command in COMMANDS.iter().filter(|command| !command.options.is_empty()) {
        writeln!(page, "\n## {}\n", command.path.join(" ")).unwrap();
        table(&mut page, command.options);
    }
    page.push_str("\n## Options of every command\n\n");
    let all: Vec<OptionSpec> = GLOBAL.iter().chain(ROOT_ONLY).copied().collect();
    table(&mut page, &all);
    page
}

fn names(command: &CommandSpec) -> String {
    let (group, _) = command.path.split_at(command.path.len() - 1);
    let words = std::iter::once(command.name()).chain(command.aliases.iter().copied());
    let full: Vec<String> = words.map(|word| format!("`{}`", [group, &[word]].concat().join(" "))).collect();
    full.join(", ")
}

fn table(page: &mut String, options: &[OptionSpec]) {
    page.push_str("| option | takes | variable | what it does | in rdbt |\n|---|---|---|---|---|\n");
    for option in options {
        let help = if option.is_hidden() { "(not in dbt's help)" } else { option.help };
        let variable = option.env.map(|name| format!("`{name}`")).unwrap_or_default();
        let spelled = spelled(option);
        writeln!(page, "| {spelled} | {} | {variable} | {help} | {} |", takes(option.kind), status(option)).unwrap();
    }
}

fn spelled(option: &OptionSpec) -> String {
    let mut spellings = option.spellings();
    if option.kind == Kind::Switch {
        spellings.push(format!("--{}", negative_of(option)));
    }
    spellings.iter().map(|spelling| format!("`{spelling}`")).collect::<Vec<_>>().join(", ")
}

fn takes(kind: Kind) -> String {
    match kind {
        Kind::Switch | Kind::Flag => "nothing".to_owned(),
        Kind::Text => "text".to_owned(),
        Kind::Int => "an integer".to_owned(),
        Kind::Path(_) => "a path".to_owned(),
        Kind::Choice(words) => words.join(", "),
        Kind::Words => "words".to_owned(),
        Kind::ChoiceWords(words) => format!("some of {}", words.join(", ")),
        Kind::Yaml => "YAML".to_owned(),
        Kind::Series => "variable=values".to_owned(),
        Kind::DateTime => "a date or time".to_owned(),
        Kind::Sample => "a window of time".to_owned(),
        Kind::Package => "name@version".to_owned(),
    }
}

fn status(option: &OptionSpec) -> String {
    match option.idle {
        "" if OURS.contains(&option.name) => "yes; dbt does not have it".to_owned(),
        "" => "yes".to_owned(),
        why => format!("does nothing: {why}"),
    }
}

#[test]
fn the_page_of_commands_is_true() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/commands.md");
    let page = page();
    if std::env::var_os("RDBT_WRITE_DOCS").is_some() {
        std::fs::write(path, &page).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap(), page, "RDBT_WRITE_DOCS=1 writes docs/commands.md anew");
}

/// Options and commands of dbt, as its own program names them, recorded in `tests/data/cli/dbt_options.json`.
#[test]
fn every_option_of_dbt_is_known() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/cli/dbt_options.json");
    let recorded: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    for (name, spellings) in recorded.as_object().unwrap() {
        let path: Vec<&str> = name.split(' ').collect();
        let command = COMMANDS.iter().find(|command| {
            command.path[..command.path.len() - 1] == path[..path.len() - 1] && command.answers_to(path[path.len() - 1])
        });
        let command = command.unwrap_or_else(|| panic!("dbt has the command `{name}`"));
        let mut known =
            vec!["--help".to_owned(), "-h".to_owned(), "--version".to_owned(), "-v".to_owned(), "-V".to_owned()];
        for option in command.options.iter().chain(GLOBAL) {
            known.extend(option.spellings());
            known.push(format!("--{}", negative_of(option)));
        }
        for spelling in spellings.as_array().unwrap() {
            assert!(known.iter().any(|known| known == spelling), "`{name}` of dbt has the option {spelling}");
        }
    }
}
