//! From the words on the command line to the options of one command. The words are read in stages (program, group,
//! command), each by a clap parser of its own, so that a complaint names the stage that it is about, as dbt does.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command};

use super::command_specs::{COMMANDS, CommandSpec, GROUPS, GroupSpec, commands_of};
use super::completion;
use super::mappings;
use super::options::{GLOBAL, Kind, OptionSpec, ROOT_ONLY};
use super::usage::{self, Scope, UsageError};

/// What was typed.
#[derive(Debug)]
pub enum Parsed {
    /// Show the version.
    Version,
    /// Show the help of a scope. The flag tells that it was not asked for: nothing was typed where something must be.
    Help(Scope, bool),
    /// Print the completion script of a shell.
    Completion(String),
    /// Run a command.
    Command(Box<Typed>),
}

/// A command with what was typed for it.
#[derive(Debug)]
pub struct Typed {
    /// The command.
    pub command: &'static CommandSpec,
    /// Its last word as typed: `ls` stays `ls`.
    pub word: String,
    /// What stands behind the command.
    pub own: ArgMatches,
    /// What stands before it, the nearest stage first.
    pub before: Vec<ArgMatches>,
}

impl Typed {
    /// The options that were typed and do nothing, each once.
    pub fn idle(&self) -> impl Iterator<Item = &'static OptionSpec> {
        let stages = std::iter::once(&self.own).chain(&self.before);
        let matches: Vec<&ArgMatches> = stages.collect();
        let options =
            self.command.options.iter().chain(ROOT_ONLY).chain(GLOBAL).filter(|option| !option.idle.is_empty());
        options.filter(move |option| {
            let negative = negative_of(option);
            let typed = |id: &str, stage: &ArgMatches| {
                stage.try_contains_id(id).is_ok() && stage.value_source(id) == Some(ValueSource::CommandLine)
            };
            matches.iter().any(|stage| typed(option.name, stage) || typed(&negative, stage))
        })
    }
}

/// Reads the words after the program's name.
///
/// # Errors
/// A word is no command or no option of its stage, or an option lacks its value.
pub fn parse(words: Vec<OsString>) -> Result<Parsed, UsageError> {
    let root = read_stage(Scope::Program, words)?;
    if let Some(parsed) = help_or_version(Scope::Program, &root) {
        return Ok(parsed);
    }
    let Some((word, rest)) = following(&root) else { return Ok(Parsed::Help(Scope::Program, true)) };
    if let Some(group) = GROUPS.iter().find(|group| group.name == word) {
        return parse_group(group, rest, root);
    }
    match commands_of(None).find(|command| command.answers_to(&word)) {
        Some(command) => parse_command(command, word.clone(), rest, vec![root]).map_err(|error| error.spelled(&word)),
        None => Err(no_such_command(Scope::Program, &word, commands_of(None).map(CommandSpec::name))),
    }
}

fn parse_group(group: &'static GroupSpec, words: Vec<OsString>, root: ArgMatches) -> Result<Parsed, UsageError> {
    let scope = Scope::Group(group);
    let matches = read_stage(scope, words)?;
    if let Some(parsed) = help_or_version(scope, &matches) {
        return Ok(parsed);
    }
    let Some((word, rest)) = following(&matches) else { return Ok(Parsed::Help(scope, true)) };
    match commands_of(Some(group.name)).find(|command| command.answers_to(&word)) {
        Some(command) => parse_command(command, word, rest, vec![matches, root]),
        None => Err(no_such_command(scope, &word, commands_of(Some(group.name)).map(CommandSpec::name))),
    }
}

fn parse_command(
    command: &'static CommandSpec,
    word: String,
    words: Vec<OsString>,
    before: Vec<ArgMatches>,
) -> Result<Parsed, UsageError> {
    let scope = Scope::Command(command);
    if command.path == ["help"] {
        return help_of(words);
    }
    let own = read_stage(scope, one_pair_each(words))?;
    Ok(match help_or_version(scope, &own) {
        Some(parsed) => parsed,
        None if command.path == ["completion"] => completion(scope, &own)?,
        None => Parsed::Command(Box::new(Typed { command, word, own, before })),
    })
}

/// `help run` is `run --help`.
fn help_of(words: Vec<OsString>) -> Result<Parsed, UsageError> {
    let mut words: Vec<OsString> = words.into_iter().filter(|word| word != "--help" && word != "-h").collect();
    words.push("--help".into());
    parse(words)
}

fn completion(scope: Scope, own: &ArgMatches) -> Result<Parsed, UsageError> {
    let known = completion::SHELLS.join(", ");
    match own.get_one::<String>("argument") {
        Some(shell) if completion::SHELLS.contains(&shell.as_str()) => Ok(Parsed::Completion(shell.clone())),
        Some(other) => Err(UsageError::in_scope(scope, format!("There is no script for '{other}', only for {known}."))),
        None => Err(UsageError::in_scope(scope, format!("Missing argument 'SHELL': one of {known}."))),
    }
}

/// Lets `--vars a=1 b=2` mean `--vars a=1 --vars b=2`. Only words of the shape `key=value` are drawn to the option, so
/// that a positional argument behind it stays one.
fn one_pair_each(words: Vec<OsString>) -> Vec<OsString> {
    let is_pair = |word: &OsString| word.to_str().is_some_and(|word| mappings::split_pair(word).is_some());
    let mut spread: Vec<OsString> = Vec::with_capacity(words.len());
    let mut option: Option<OsString> = None;
    for word in words {
        let follows_pair = spread.last().is_some_and(is_pair);
        match &option {
            Some(name) if follows_pair && is_pair(&word) => spread.push(name.clone()),
            Some(name) if spread.last() != Some(name) => option = None,
            _ => {}
        }
        if word == "--vars" || word == "--args" || word == "--for" {
            option = Some(word.clone());
        }
        spread.push(word);
    }
    spread
}

fn help_or_version(scope: Scope, matches: &ArgMatches) -> Option<Parsed> {
    if matches.get_flag("help") {
        return Some(Parsed::Help(scope, false));
    }
    matches.get_flag("version").then_some(Parsed::Version)
}

/// The command's word and what stands behind it.
fn following(matches: &ArgMatches) -> Option<(String, Vec<OsString>)> {
    let (word, rest) = matches.subcommand()?;
    let rest = rest.get_many::<OsString>("").into_iter().flatten().cloned().collect();
    Some((word.to_owned(), rest))
}

fn read_stage(scope: Scope, words: Vec<OsString>) -> Result<ArgMatches, UsageError> {
    stage(scope).try_get_matches_from(words).map_err(|error| usage_error(scope, &error))
}

/// The clap parser of one stage.
fn stage(scope: Scope) -> Command {
    let mut parser = Command::new("dbt")
        .no_binary_name(true)
        .disable_help_flag(true)
        .disable_version_flag(true)
        .disable_help_subcommand(true)
        .args_override_self(true)
        .arg(Arg::new("help").short('h').long("help").action(ArgAction::SetTrue))
        .arg(Arg::new("version").short('v').short_alias('V').long("version").action(ArgAction::SetTrue));
    for option in scope.options() {
        parser = add_option(parser, option);
    }
    match scope {
        Scope::Program | Scope::Group(_) => parser.allow_external_subcommands(true),
        Scope::Command(command) => match command.argument {
            Some(argument) => parser.arg(Arg::new("argument").value_name(argument)),
            None => parser,
        },
    }
}

fn add_option(parser: Command, option: &OptionSpec) -> Command {
    let mut long = option.long.iter();
    let mut arg = Arg::new(option.name).long(long.next().copied().unwrap_or(option.name)).aliases(long);
    let mut short = option.short.iter();
    if let Some(first) = short.next() {
        arg = arg.short(*first).short_aliases(short.copied().collect::<Vec<_>>());
    }
    let arg = match option.kind {
        Kind::Switch => {
            let negative = negative_of(option);
            let no = Arg::new(negative.clone()).long(negative.clone()).action(ArgAction::SetTrue);
            let yes = arg.action(ArgAction::SetTrue).overrides_with(negative);
            return parser.arg(yes).arg(no.overrides_with(option.name));
        }
        Kind::Flag => arg.action(ArgAction::SetTrue),
        Kind::Words | Kind::ChoiceWords(_) => arg.action(ArgAction::Append).num_args(1..),
        Kind::Yaml | Kind::Series => arg.action(ArgAction::Append).num_args(1).allow_hyphen_values(true),
        _ => arg.action(ArgAction::Set).num_args(1).allow_hyphen_values(true),
    };
    parser.arg(arg)
}

/// The spelling that turns a switch off; also the name under which clap knows it.
pub fn negative_of(option: &OptionSpec) -> String {
    format!("no-{}", option.long.first().copied().unwrap_or(option.name))
}

/// clap's complaint in the words of dbt's command line.
fn usage_error(scope: Scope, error: &clap::Error) -> UsageError {
    let context = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        _ => String::new(),
    };
    // clap names an option with its value and its other spellings: `--select <select>`.
    let argument = context(ContextKind::InvalidArg);
    let argument = argument.split([' ', '=', '<']).next().unwrap_or_default().to_owned();
    match error.kind() {
        ErrorKind::UnknownArgument if argument.starts_with('-') && argument.len() > 1 => {
            no_such_option(scope, &argument)
        }
        ErrorKind::UnknownArgument | ErrorKind::InvalidSubcommand => {
            UsageError::in_scope(scope, format!("Got unexpected extra argument ({argument})"))
        }
        ErrorKind::InvalidValue | ErrorKind::TooFewValues | ErrorKind::WrongNumberOfValues => {
            UsageError::bare(format!("Option '{argument}' requires an argument."))
        }
        ErrorKind::TooManyValues => UsageError::bare(format!("Option '{argument}' does not take a value.")),
        _ => UsageError::in_scope(scope, error.to_string().trim_start_matches("error: ").trim_end().to_owned()),
    }
}

fn no_such_option(scope: Scope, typed: &str) -> UsageError {
    let known: Vec<String> = scope
        .options()
        .filter(|option| !option.is_hidden())
        .flat_map(|option| {
            let negative = (option.kind == Kind::Switch).then(|| format!("--{}", negative_of(option)));
            option.long.iter().map(|name| format!("--{name}")).chain(negative)
        })
        .chain(["--help".to_owned(), "--version".to_owned()])
        .collect();
    let near = usage::near(typed, known.iter().map(String::as_str));
    let elsewhere = COMMANDS
        .iter()
        .filter(|command| command.options.iter().any(|option| option.spellings().iter().any(|s| s == typed)))
        .map(|command| format!("`{}`", command.path.join(" ")))
        .collect::<Vec<_>>();
    let error = UsageError::in_scope(scope, format!("No such option '{typed}'.{}", usage::did_you_mean(&near)));
    match scope {
        _ if elsewhere.is_empty() => error,
        Scope::Command(_) => {
            error.hint(format!("{typed} is an option of {}, not of this command.", elsewhere.join(", ")))
        }
        _ => error.hint(format!("{typed} is an option of {}; write it behind the command.", elsewhere.join(", "))),
    }
}

fn no_such_command<'a>(scope: Scope, typed: &str, known: impl Iterator<Item = &'a str>) -> UsageError {
    let near = usage::near(typed, known);
    UsageError::in_scope(scope, format!("No such command '{typed}'.{}", usage::did_you_mean(&near)))
}

impl Scope {
    /// The options of this stage: its own, then the global ones.
    pub fn options(self) -> impl Iterator<Item = &'static OptionSpec> {
        let own = match self {
            Scope::Program => ROOT_ONLY,
            Scope::Group(_) => &[],
            Scope::Command(command) => command.options,
        };
        own.iter().chain(GLOBAL)
    }
}
