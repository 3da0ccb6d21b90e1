//! Help texts, and complaints about what was typed, in the shape that dbt's command line gives them.

use std::fmt::Write as _;

use super::command_specs::{CommandSpec, GROUPS, GroupSpec, commands_of};
use super::options::{GLOBAL, Kind, OptionSpec};

/// A stage of the command line.
#[derive(Debug, Clone, Copy)]
pub enum Scope {
    /// The program.
    Program,
    /// A group of commands.
    Group(&'static GroupSpec),
    /// A command.
    Command(&'static CommandSpec),
}

/// Something typed that cannot be understood. Ends the program with exit code 2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageError {
    /// The words typed before the place in question, without the program's name; None if dbt shows no usage line.
    path: Option<(String, &'static str)>,
    message: String,
    hint: Option<String>,
}

impl UsageError {
    /// A complaint below the usage line of a scope.
    pub fn in_scope(scope: Scope, message: String) -> Self {
        UsageError { path: Some((path_of(scope), arguments_of(scope))), message, hint: None }
    }

    /// A complaint alone.
    pub fn bare(message: String) -> Self {
        UsageError { path: None, message, hint: None }
    }

    /// Adds a way to mend it.
    #[must_use]
    pub fn hint(mut self, hint: String) -> Self {
        self.hint = Some(hint);
        self
    }

    /// Names the command as it was typed: `ls` is `list`, but who typed it knows it as `ls`.
    #[must_use]
    pub fn spelled(mut self, word: &str) -> Self {
        if let Some((path, _)) = &mut self.path
            && word == "ls"
        {
            *path = " ls".to_owned();
        }
        self
    }

    /// The text for standard error.
    pub fn render(&self, program: &str) -> String {
        let mut text = String::new();
        if let Some((path, arguments)) = &self.path {
            let full = format!("{program}{path}");
            text = format!("Usage: {full} {arguments}\nTry '{full} --help' for help.\n\n");
        }
        text.push_str("Error: ");
        text.push_str(&self.message);
        text.push('\n');
        if let Some(hint) = &self.hint {
            text.push_str(hint);
            text.push('\n');
        }
        text
    }
}

fn path_of(scope: Scope) -> String {
    match scope {
        Scope::Program => String::new(),
        Scope::Group(group) => format!(" {}", group.name),
        Scope::Command(command) => command.path.iter().map(|word| format!(" {word}")).collect(),
    }
}

fn arguments_of(scope: Scope) -> &'static str {
    match scope {
        Scope::Program => "[OPTIONS] [COMMAND] [ARGS]...",
        Scope::Group(_) => "[OPTIONS] COMMAND [ARGS]...",
        Scope::Command(command) => match command.argument {
            Some("macro") => "[OPTIONS] [MACRO]",
            Some("shell") => "SHELL",
            Some("command") => "[COMMAND]...",
            Some(_) => "[OPTIONS] [PROJECT_NAME]",
            None => "[OPTIONS]",
        },
    }
}

/// Up to three of `known` that look like `typed`, the nearest first.
pub fn near<'a>(typed: &str, known: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let likeness = |candidate: &str| match candidate.strip_prefix(typed) {
        Some(_) if typed.len() > 3 => 0.9,
        _ => strsim::sorensen_dice(typed, candidate).max(strsim::normalized_damerau_levenshtein(typed, candidate)),
    };
    let mut scored: Vec<(f64, &str)> =
        known.map(|candidate| (likeness(candidate), candidate)).filter(|(score, _)| *score >= 0.6).collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    scored.truncate(3);
    scored.into_iter().map(|(_, candidate)| candidate).collect()
}

/// dbt's question behind a complaint; empty if there is nothing to suggest.
pub fn did_you_mean(near: &[&str]) -> String {
    let mut sorted: Vec<String> = near.iter().map(|name| format!("'{name}'")).collect();
    sorted.sort();
    match sorted.as_slice() {
        [] => String::new(),
        [one] => format!(" Did you mean {one}?"),
        many => format!(" (Did you mean one of: {}?)", many.join(", ")),
    }
}

/// The help of a scope.
pub fn help(scope: Scope, program: &str) -> String {
    let mut text = format!("Usage: {program}{} {}\n\n  {}.\n", path_of(scope), arguments_of(scope), about(scope));
    match scope {
        Scope::Program => {
            list(&mut text, "Commands", &program_commands(true));
            list(&mut text, "Commands that dbt does not have", &program_commands(false));
            list(&mut text, "Options of every command", &rows(GLOBAL.iter()));
            let _ = write!(text, "\nRun `{program} COMMAND --help` for the options of a command.\n");
        }
        Scope::Group(group) => {
            let commands: Vec<_> = commands_of(Some(group.name)).map(|c| (c.name().to_owned(), c.about)).collect();
            list(&mut text, "Commands", &commands);
            list(&mut text, "Options", &help_row());
        }
        Scope::Command(command) => {
            let mut own = rows(command.options.iter());
            own.extend(help_row());
            list(&mut text, "Options", &own);
            list(&mut text, "Options of every command", &rows(GLOBAL.iter()));
        }
    }
    text
}

fn about(scope: Scope) -> &'static str {
    match scope {
        Scope::Program => "Compiles and runs dbt projects on DuckDB",
        Scope::Group(group) => group.about,
        Scope::Command(command) => command.about,
    }
}

fn program_commands(of_dbt: bool) -> Vec<(String, &'static str)> {
    let commands = commands_of(None).filter(|command| command.is_dbts == of_dbt);
    let mut commands: Vec<(String, &'static str)> = commands.map(|c| (c.name().to_owned(), c.about)).collect();
    if of_dbt {
        commands.extend(GROUPS.iter().map(|group| (group.name.to_owned(), group.about)));
    }
    commands.sort_by(|a, b| a.0.cmp(&b.0));
    commands
}

fn help_row() -> Vec<(String, &'static str)> {
    vec![
        ("-h, --help".to_owned(), "Show this help and stop"),
        ("-v, -V, --version".to_owned(), "Show the version and stop"),
    ]
}

/// Spellings and help of the options that are not hidden.
fn rows(options: impl Iterator<Item = &'static OptionSpec>) -> Vec<(String, &'static str)> {
    options.filter(|option| !option.is_hidden()).map(|option| (left_column(option), option.help)).collect()
}

fn left_column(option: &OptionSpec) -> String {
    let short = option.short.iter().map(|short| format!("-{short}, "));
    let long: Vec<String> = option.long.iter().map(|name| format!("--{name}")).collect();
    let value = match option.kind {
        Kind::Switch => format!(" / --{}", super::parse::negative_of(option)),
        Kind::Flag => String::new(),
        Kind::Text | Kind::Package => " TEXT".to_owned(),
        Kind::Int => " INTEGER".to_owned(),
        Kind::Path(_) => " PATH".to_owned(),
        Kind::Choice(words) => format!(" [{}]", words.join("|")),
        Kind::Words | Kind::ChoiceWords(_) => " TEXT...".to_owned(),
        Kind::Yaml => " YAML".to_owned(),
        Kind::Series => " NAME=VALUES".to_owned(),
        Kind::DateTime => " TIMESTAMP".to_owned(),
        Kind::Sample => " SAMPLE".to_owned(),
    };
    format!("{}{}{value}", short.collect::<String>(), long.join(", "))
}

/// A titled list in two columns; a long left side has its line to itself.
fn list(text: &mut String, title: &str, rows: &[(String, &str)]) {
    const LEFT: usize = 32;
    let _ = write!(text, "\n{title}:\n");
    for (left, right) in rows {
        if left.len() + 2 <= LEFT {
            let _ = writeln!(text, "  {left:<LEFT$}{right}");
        } else {
            let _ = writeln!(text, "  {left}\n  {:<LEFT$}{right}", "");
        }
    }
}
