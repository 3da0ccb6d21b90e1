//! The summary of a run for a pull request: what failed and why first, then how long things took.

use std::fmt::Write as _;

use super::{Case, Suite, Verdict};

/// Nodes in the list of the slowest.
const SLOWEST: usize = 10;
/// Failures that are shown in full: a comment on a pull request has a limit.
const SHOWN: usize = 50;

/// The document.
pub fn document(title: &str, suites: &[Suite]) -> String {
    let bad = |case: &&Case| matches!(case.verdict, Verdict::Failed | Verdict::Broken);
    let failures: Vec<(&Suite, &Case)> =
        suites.iter().flat_map(|suite| suite.cases.iter().filter(bad).map(move |case| (suite, case))).collect();
    let total: usize = suites.iter().map(|suite| suite.cases.len()).sum();
    let verdict = match failures.len() {
        0 => format!("all {total} passed"),
        number => format!("{number} of {total} failed"),
    };
    let mut text = format!("# {title}: {verdict}\n\n");
    add_counts(&mut text, suites);
    add_failures(&mut text, suites.len() > 1, &failures);
    add_warnings(&mut text, suites);
    add_slowest(&mut text, suites);
    text
}

fn add_counts(text: &mut String, suites: &[Suite]) {
    text.push_str(
        "| | passed | warned | failed | could not run | skipped | seconds |\n|---|---:|---:|---:|---:|---:|---:|\n",
    );
    for suite in suites {
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} | {:.2} |",
            cell(&suite.name),
            suite.count(Verdict::Passed),
            suite.count(Verdict::Warned),
            suite.count(Verdict::Failed),
            suite.count(Verdict::Broken),
            suite.count(Verdict::Skipped),
            suite.seconds
        );
    }
}

fn add_failures(text: &mut String, several: bool, failures: &[(&Suite, &Case)]) {
    if failures.is_empty() {
        return;
    }
    text.push_str("\n## What failed\n");
    for (suite, case) in failures.iter().take(SHOWN) {
        let step = if several { format!(" in {}", suite.name) } else { String::new() };
        let _ = writeln!(text, "\n**{}** ({}, {}){step}\n", inline(&case.name), case.class, case.status);
        if let Some(message) = &case.message {
            fenced(text, "", message);
        }
        if let Some(diff) = &case.diff {
            fenced(text, "diff", diff);
        }
        if let Some(path) = &case.path {
            let _ = writeln!(text, "Compiled code: `{path}`");
        }
    }
    if failures.len() > SHOWN {
        let _ = writeln!(text, "\n... and {} more.", failures.len() - SHOWN);
    }
}

fn add_warnings(text: &mut String, suites: &[Suite]) {
    let mut warned =
        suites.iter().flat_map(|suite| &suite.cases).filter(|case| case.verdict == Verdict::Warned).peekable();
    if warned.peek().is_none() {
        return;
    }
    text.push_str("\n## Warnings\n\n");
    for case in warned {
        let message = case.message.as_deref().unwrap_or_default().replace('\n', " ");
        let _ = writeln!(text, "- **{}**: {}", inline(&case.name), inline(&message));
    }
}

fn add_slowest(text: &mut String, suites: &[Suite]) {
    let mut timed: Vec<(&Suite, &Case)> =
        suites.iter().flat_map(|suite| suite.cases.iter().map(move |case| (suite, case))).collect();
    timed.retain(|(_, case)| case.seconds > 0.0);
    timed.sort_by(|a, b| b.1.seconds.total_cmp(&a.1.seconds));
    if timed.is_empty() {
        return;
    }
    text.push_str("\n## The slowest\n\n| node | run | seconds |\n|---|---|---:|\n");
    for (suite, case) in timed.into_iter().take(SLOWEST) {
        let _ = writeln!(text, "| {} | {} | {:.2} |", cell(&case.name), cell(&suite.name), case.seconds);
    }
}

/// A block of code whose fence is longer than any in it.
fn fenced(text: &mut String, language: &str, code: &str) {
    let longest = code.lines().map(|line| line.trim_start().chars().take_while(|c| *c == '`').count()).max();
    let fence = "`".repeat(longest.unwrap_or_default().max(2) + 1);
    let _ = writeln!(text, "{fence}{language}\n{}\n{fence}\n", code.trim_end());
}

/// A text that is no markup.
fn inline(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for letter in text.chars() {
        if matches!(letter, '*' | '_' | '`' | '<' | '[' | '\\' | '#') {
            plain.push('\\');
        }
        plain.push(letter);
    }
    plain
}

fn cell(text: &str) -> String {
    inline(text).replace('|', "\\|")
}
