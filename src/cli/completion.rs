//! Completion scripts for shells: the options of every command, made of the same definitions that read the command
//! line. The scripts come from `clap_complete`, which wants one tree of commands where reading goes in stages.

use clap::{Arg, ArgAction, Command};
use clap_complete::{Shell, generate};

use super::command_specs::{CommandSpec, GROUPS, commands_of};
use super::options::{GLOBAL, Kind, OptionSpec, ROOT_ONLY};
use super::parse::negative_of;

/// The shells for which there are scripts.
pub const SHELLS: [&str; 3] = ["bash", "zsh", "fish"];

/// The script for a shell, for a program of that name; None for a shell that is not among [`SHELLS`].
pub fn script(shell: &str, program: &str) -> Option<Vec<u8>> {
    let shell = match shell {
        "bash" => Shell::Bash,
        "zsh" => Shell::Zsh,
        "fish" => Shell::Fish,
        _ => return None,
    };
    let mut script = Vec::new();
    generate(shell, &mut tree(program), program, &mut script);
    Some(script)
}

/// The script that `_DBT_COMPLETE=bash_source dbt` asks for: lines that dbt's users have in their shell's settings. The
/// name of the variable is that of the program.
pub fn asked_by_environment(program: &str) -> Option<Vec<u8>> {
    let variable = format!("_{}_COMPLETE", program.to_uppercase().replace('-', "_"));
    let value = std::env::var(variable).ok()?;
    script(value.strip_suffix("_source")?, program)
}

/// All commands and options as one tree.
fn tree(program: &str) -> Command {
    let name = program.to_owned();
    let root = Command::new(name.clone())
        .bin_name(name)
        .disable_help_subcommand(true)
        .disable_help_flag(true)
        .disable_version_flag(true);
    let root = with_options(root, ROOT_ONLY.iter().chain(GLOBAL));
    let root = root.subcommands(commands_of(None).map(leaf));
    root.subcommands(GROUPS.iter().map(|group| {
        let node = plain(group.name, group.about);
        node.subcommands(commands_of(Some(group.name)).map(leaf))
    }))
}

fn plain(name: &'static str, about: &'static str) -> Command {
    Command::new(name).about(about).disable_help_subcommand(true).disable_help_flag(true).disable_version_flag(true)
}

fn leaf(spec: &'static CommandSpec) -> Command {
    let command = plain(spec.name(), spec.about).visible_aliases(spec.aliases.iter().copied());
    let command = with_options(command, spec.options.iter().chain(GLOBAL));
    match (spec.argument, spec.choices) {
        (Some(argument), []) => command.arg(Arg::new("argument").value_name(argument)),
        (Some(argument), choices) => {
            command.arg(Arg::new("argument").value_name(argument).value_parser(choices.to_vec()))
        }
        (None, _) => command,
    }
}

fn with_options<'a>(command: Command, options: impl Iterator<Item = &'a OptionSpec>) -> Command {
    let help = Arg::new("help").short('h').long("help").action(ArgAction::SetTrue).help("Show this help and stop");
    options.filter(|option| !option.is_hidden()).flat_map(arguments).fold(command.arg(help), Command::arg)
}

/// An option, and what turns it off.
fn arguments(option: &OptionSpec) -> Vec<Arg> {
    let mut long = option.long.iter();
    let mut argument = Arg::new(option.name).long(long.next().copied().unwrap_or(option.name)).help(option.help);
    argument = argument.visible_aliases(long);
    if let Some((first, others)) = option.short.split_first() {
        argument = argument.short(*first).visible_short_aliases(others.to_vec());
    }
    match option.kind {
        Kind::Switch => {
            let negative = negative_of(option);
            let off = Arg::new(negative.clone()).long(negative).action(ArgAction::SetTrue);
            vec![argument.action(ArgAction::SetTrue), off]
        }
        Kind::Flag => vec![argument.action(ArgAction::SetTrue)],
        Kind::Choice(words) => vec![argument.action(ArgAction::Set).value_parser(words.to_vec())],
        Kind::ChoiceWords(words) => vec![argument.num_args(1..).value_parser(words.to_vec())],
        Kind::Words => vec![argument.num_args(1..)],
        Kind::Path(_) => vec![argument.action(ArgAction::Set).value_hint(clap::ValueHint::AnyPath)],
        _ => vec![argument.action(ArgAction::Set)],
    }
}
