//! What each of dbt's phases puts into Jinja: one project has a place for probes in everything that dbt renders, and what
//! they print is compared with what dbt 1.12 prints (`scripts/record_phases.py` records the cases).
#![allow(clippy::unwrap_used)]

mod common;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use common::{Sandbox, steady};
use fancy_regex::Regex;

const EXECUTE: &str = "(execute if execute is defined else '-')";
const KIND: &str = "(model.resource_type if model is defined else '-')";
/// What `deps` prints has keys of its own: it knows no profile. The others add what those before did not print.
const COMMANDS: [&[&str]; 4] = [&["deps"], &["build"], &["source", "freshness"], &["run-operation", "operation"]];

/// An expression with the texts that it gives, each with the keys of the places that give it.
type Case = (String, Vec<(String, String)>);

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/phases")
}

fn cases() -> Vec<Case> {
    serde_json::from_str(&std::fs::read_to_string(data().join("cases.json")).unwrap()).unwrap()
}

fn place_of(key: &str) -> &str {
    key.strip_prefix("deps:").unwrap_or(key).split('|').next().unwrap()
}

/// The probes of each place.
fn probes(cases: &[Case]) -> HashMap<String, String> {
    let mut probes: HashMap<String, String> = HashMap::new();
    for (number, (expression, outcomes)) in cases.iter().enumerate() {
        let mut places: Vec<&str> = outcomes.iter().flat_map(|(_, keys)| keys.split(' ')).map(place_of).collect();
        places.sort_unstable();
        places.dedup();
        for place in places {
            let probe = format!(
                "{{{{ print('<<{place}|' ~ {EXECUTE} ~ '|' ~ {KIND} ~ '|{number}|' ~ ({expression}) ~ '>>') }}}}"
            );
            probes.entry(place.to_owned()).or_default().push_str(&probe);
        }
    }
    probes
}

/// The recorded project with the probes in their places.
fn project(probes: &HashMap<String, String>) -> Sandbox {
    let marker = Regex::new(r"\[\[(\w+)\]\]").unwrap();
    Sandbox::recorded("phases/project", |text| {
        marker.find_iter(&text.clone()).fold(text, |text, found| {
            let marked = found.unwrap().as_str().to_owned();
            let place = marked.trim_matches(['[', ']']);
            text.replace(&marked, probes.get(place).map_or("", String::as_str))
        })
    })
}

/// What was printed, by the number of the case and the key.
fn printed(sandbox: &Sandbox) -> HashMap<(usize, String), String> {
    let here = sandbox.here().canonicalize().unwrap().to_str().unwrap().to_owned();
    let line = Regex::new(r"(?s)<<(\w+)\|(\S+?)\|(\S+?)\|(\d+)\|(.*?)>>\n").unwrap();
    let mut found = HashMap::new();
    for command in COMMANDS {
        let words = [command, &["--vars", "{cli: given}"]].concat();
        let ran = sandbox.run(&words);
        let prefix = if command == ["deps"] { "deps:" } else { "" };
        let mut any = false;
        for print in line.captures_iter(ran.stdout.as_str()) {
            let print = print.unwrap();
            let part = |index: usize| print.get(index).unwrap().as_str();
            let key = format!("{prefix}{}|{}|{}", part(1), part(2), part(3));
            found.entry((part(4).parse().unwrap(), key)).or_insert_with(|| steady(part(5), &here));
            any = true;
        }
        assert!(any, "{command:?} printed nothing:\n{}\n{}", ran.stdout, ran.stderr);
    }
    found
}

#[test]
fn names_and_their_members_in_each_phase() {
    let cases = cases();
    let sandbox = project(&probes(&cases));
    let printed = printed(&sandbox);
    let mut failures = Vec::new();
    for (number, (expression, outcomes)) in cases.iter().enumerate() {
        for (wanted, keys) in outcomes {
            for key in keys.split(' ') {
                let got = printed.get(&(number, key.to_owned()));
                if got != Some(wanted) {
                    failures.push(format!("{key}: {expression}\n  wanted {wanted:?}\n  got    {got:?}"));
                }
            }
        }
    }
    assert!(failures.is_empty(), "{} outcomes differ:\n{}", failures.len(), failures.join("\n"));
}

/// YAML's dates stay dates in variables, of the project and of the command line.
#[test]
fn dates_of_variables() {
    let sandbox = Sandbox::new()
        .file(
            "dbt_project.yml",
            "name: dates\nprofile: dates\nvars:\n  day: 2024-01-01\n  moment: 2024-01-01 10:00:00\n  \
             days: {first: 2024-02-03, more: [2024-03-04]}\n",
        )
        .file("profiles.yml", "dates: {target: dev, outputs: {dev: {type: duckdb, path: dates.duckdb}}}\n")
        .file(
            "models/a.sql",
            "{{ print([var('day'), var('moment'), var('days'), var('given')]) }}\n\
             {{ print(var('day') ~ ', ' ~ var('moment') ~ ', ' ~ var('day').strftime('%Y%m')) }}\n\
             {{ print(toyaml({'a': var('day'), 'b': var('moment')})) }}\nselect 1 as a\n",
        );
    let ran = sandbox.run(&["--quiet", "parse", "--vars", "{given: 2023-05-06}"]);
    let printed = "[datetime.date(2024, 1, 1), datetime.datetime(2024, 1, 1, 10, 0), {'first': datetime.date(2024, 2, 3), \
                   'more': [datetime.date(2024, 3, 4)]}, datetime.date(2023, 5, 6)]\n\
                   2024-01-01, 2024-01-01 10:00:00, 202401\na: 2024-01-01\nb: 2024-01-01 10:00:00\n";
    assert_eq!(ran.stdout.trim_end(), printed.trim_end(), "{ran}");
}
