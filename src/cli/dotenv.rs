//! `.env`: variables for the environment, which dbt takes from the nearest such file in the current folder or above it
//! before it looks at its command line. What the environment has already is never replaced.
//!
//! The file is read as python-dotenv 1.2 reads it: comments, `export`, quotes, escapes, values over several lines, and
//! `${NAME:-default}`.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use fancy_regex::{Captures, Regex};

/// Does as `PYTHON_DOTENV_DISABLED` asks.
const TRUTHS: [&str; 5] = ["1", "true", "t", "yes", "y"];

/// What a `.env` file says.
#[derive(Debug, Default, PartialEq)]
struct Statements {
    /// Names with their values; a name alone has none.
    bindings: Vec<(String, Option<String>)>,
    /// The lines, from 1, on which a statement begins that cannot be read.
    unreadable: Vec<usize>,
}

/// Takes what the nearest `.env` says into the environment. Where that changes anything the program starts once more with
/// the new environment, and this gives its exit code: a process cannot safely change the environment that it has.
///
/// # Errors
/// The file is no UTF-8 text, gives a name that no variable can have, or the program cannot be started again.
pub fn load(program: Option<&OsString>, words: &[OsString]) -> Result<Option<ExitCode>, String> {
    let disabled = std::env::var("PYTHON_DOTENV_DISABLED").unwrap_or_default().to_lowercase();
    let Some(path) = nearest().filter(|_| !TRUTHS.contains(&disabled.as_str())) else { return Ok(None) };
    let bytes = std::fs::read(&path).map_err(|error| format!("`{}` could not be read: {error}.", path.display()))?;
    let text = String::from_utf8(bytes)
        .map_err(|error| format!("`{}` is not UTF-8 text: {error}. Save it as UTF-8.", path.display()))?;
    let statements = read(&text);
    let missing = missing(interpolate(statements.bindings), &path)?;
    if !missing.is_empty() {
        return start_again(program, words, missing).map(Some);
    }
    for line in statements.unreadable {
        let place = format!("{}:{line}", path.display());
        super::complain(&format!(
            "The statement that begins at {place} could not be read and is left out: write NAME=value.\n"
        ));
    }
    Ok(None)
}

fn nearest() -> Option<PathBuf> {
    let folder = std::env::current_dir().ok()?;
    folder.ancestors().map(|folder| folder.join(".env")).find(|path| path.exists() && !path.is_dir())
}

/// What the environment does not have yet.
fn missing(values: Vec<(String, String)>, path: &Path) -> Result<Vec<(String, String)>, String> {
    let impossible = values.iter().find(|(name, value)| name.contains(['=', '\0']) || value.contains('\0'));
    if let Some((name, _)) = impossible {
        let path = path.display();
        return Err(format!("`{path}` gives `{name}`, which cannot be a variable of the environment: rename it."));
    }
    Ok(values.into_iter().filter(|(name, _)| std::env::var_os(name).is_none()).collect())
}

/// Puts the same program with more environment in the place of this one.
#[cfg(unix)]
fn start_again(
    program: Option<&OsString>,
    words: &[OsString],
    more: Vec<(String, String)>,
) -> Result<ExitCode, String> {
    use std::os::unix::process::CommandExt;
    let mut command = this_program(words, more)?;
    if let Some(name) = program {
        command.arg0(name);
    }
    Err(format!("rdbt could not start again with the variables of .env: {}.", command.exec()))
}

/// Runs the same program with more environment, and ends as it ends.
#[cfg(not(unix))]
fn start_again(_: Option<&OsString>, words: &[OsString], more: Vec<(String, String)>) -> Result<ExitCode, String> {
    let status = this_program(words, more)?.status();
    let status = status.map_err(|error| format!("rdbt could not start again with the variables of .env: {error}."))?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(ExitCode::from(code.unwrap_or(super::ERROR)))
}

fn this_program(words: &[OsString], more: Vec<(String, String)>) -> Result<Command, String> {
    let path = std::env::current_exe().map_err(|error| format!("rdbt does not find its own file: {error}."))?;
    let mut command = Command::new(path);
    command.args(words).envs(more);
    Ok(command)
}

/// Puts values for `${NAME}` and `${NAME:-default}`: the environment's, else what the file gave before.
fn interpolate(bindings: Vec<(String, Option<String>)>) -> Vec<(String, String)> {
    let Ok(variable) = Regex::new(r"\$\{([^}:]*)(?::-([^}]*))?\}") else { return Vec::new() };
    let mut known: HashMap<String, Option<String>> = HashMap::new();
    let mut order = Vec::new();
    for (name, value) in bindings {
        let value = value.map(|text| {
            let put = |found: &Captures<'_, str>| {
                let name = found.get(1).map_or("", |name| name.as_str());
                let default = found.get(2).map_or("", |default| default.as_str());
                let given = || known.get(name).map(|value| value.clone().unwrap_or_default());
                std::env::var(name).ok().or_else(given).unwrap_or_else(|| default.to_owned())
            };
            variable.replace_all(&text, put).into_owned()
        });
        if known.insert(name.clone(), value).is_none() {
            order.push(name);
        }
    }
    order.into_iter().filter_map(|name| known.remove(&name).flatten().map(|value| (name, value))).collect()
}

/// Reads the text of a file, statement by statement.
fn read(text: &str) -> Statements {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n").replace('\r', "\n");
    let mut reader = Reader { text: &text, at: 0 };
    let mut statements = Statements::default();
    while reader.at < text.len() {
        let begin = reader.at;
        match reader.statement() {
            Some(Some(binding)) => statements.bindings.push(binding),
            Some(None) => {}
            None => {
                reader.take(|letter| letter != '\n');
                reader.accept("\n");
                statements.unreadable.push(1 + text[..begin].matches('\n').count());
            }
        }
    }
    statements
}

/// What Python's `\s` matches.
fn is_space(letter: char) -> bool {
    letter.is_whitespace() || ('\x1c'..='\x1f').contains(&letter)
}

fn is_blank(letter: char) -> bool {
    is_space(letter) && letter != '\n'
}

/// A place in the text of a file. Its methods give none where what stands there is not what they read.
struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn accept(&mut self, word: &str) -> bool {
        let found = self.rest().starts_with(word);
        self.at += if found { word.len() } else { 0 };
        found
    }

    fn take(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let taken = &rest[..rest.find(|letter| !wanted(letter)).unwrap_or(rest.len())];
        self.at += taken.len();
        taken
    }

    /// A name with its value; none of both for a comment or an empty rest.
    fn statement(&mut self) -> Option<Option<(String, Option<String>)>> {
        self.take(is_space);
        if self.rest().is_empty() {
            return Some(None);
        }
        let before = self.at;
        if !self.accept("export") || self.take(is_blank).is_empty() {
            self.at = before;
        }
        let name = self.name()?;
        self.take(is_blank);
        let value = if self.accept("=") {
            let spaced = !self.take(is_blank).is_empty();
            Some(if spaced && self.rest().starts_with('#') { String::new() } else { self.value()? })
        } else {
            None
        };
        self.take(is_blank);
        if self.rest().starts_with('#') {
            self.take(|letter| letter != '\n');
        }
        if !self.accept("\n") && !self.rest().is_empty() {
            return None;
        }
        Some(name.map(|name| (name, value)))
    }

    /// A variable's name; none within where a comment begins.
    fn name(&mut self) -> Option<Option<String>> {
        if self.rest().starts_with('#') {
            return Some(None);
        }
        let name = if self.rest().starts_with('\'') {
            let (name, _) = self.rest()[1..].split_once('\'')?;
            self.at += name.len() + 2;
            name
        } else {
            self.take(|letter| !is_space(letter) && letter != '=' && letter != '#')
        };
        (!name.is_empty()).then(|| Some(name.to_owned()))
    }

    fn value(&mut self) -> Option<String> {
        match self.rest().chars().next() {
            Some(quote @ ('\'' | '"')) => self.quoted(quote),
            None | Some('\n') => Some(String::new()),
            Some(_) => {
                let line = self.take(|letter| letter != '\n');
                Some(before_comment(line).trim_end_matches(is_space).to_owned())
            }
        }
    }

    /// A quoted value, which may go over several lines. A backslash holds back the quote behind it; which escapes mean
    /// something depends on the quote.
    fn quoted(&mut self, quote: char) -> Option<String> {
        let mut value = String::new();
        let mut letters = self.rest().char_indices().skip(1);
        while let Some((index, letter)) = letters.next() {
            match letter {
                '\\' => {
                    let (_, escaped) = letters.next()?;
                    push_escaped(&mut value, escaped, quote);
                }
                _ if letter == quote => {
                    self.at += index + 1;
                    return Some(value);
                }
                _ => value.push(letter),
            }
        }
        None
    }
}

/// An unquoted value ends before blanks and a number sign.
fn before_comment(line: &str) -> &str {
    let blank = |letter: char| is_space(letter);
    let signs = line.match_indices('#').map(|(index, _)| &line[..index]);
    let mut before = signs.filter(|before| before.ends_with(blank));
    before.next().map_or(line, |before| before.trim_end_matches(blank))
}

fn push_escaped(value: &mut String, escaped: char, quote: char) {
    let meant = match escaped {
        '\\' | '\'' => Some(escaped),
        _ if quote == '\'' => None,
        '"' => Some('"'),
        'a' => Some('\x07'),
        'b' => Some('\x08'),
        'f' => Some('\x0c'),
        'n' => Some('\n'),
        'r' => Some('\r'),
        't' => Some('\t'),
        'v' => Some('\x0b'),
        _ => None,
    };
    match meant {
        Some(letter) => value.push(letter),
        None => value.extend(['\\', escaped]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"# what the shop needs
export SCHEMA=shop   # its tables
PATH_TO = "a\tb \"c\" \x"
SINGLE='it\'s \n ${SCHEMA}'
LINES="one
two"
EMPTY=
SIGN=#1
NONE= # a comment
ALONE
'QUOTED NAME'=${SCHEMA}_${NOT_THERE:-else}_${NOT_THERE}
two words=1
SCHEMA=late
UNCLOSED="x
"#;

    #[test]
    fn a_file_means_what_it_means_to_python_dotenv() {
        let statements = read(FILE);
        assert_eq!(statements.unreadable, [12, 14]);
        let values = interpolate(statements.bindings);
        let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(
            values,
            [
                ("SCHEMA", "late"),
                ("PATH_TO", "a\tb \"c\" \\x"),
                ("SINGLE", "it's \\n shop"),
                ("LINES", "one\ntwo"),
                ("EMPTY", ""),
                ("SIGN", "#1"),
                ("NONE", ""),
                ("QUOTED NAME", "shop_else_"),
            ]
        );
    }
}
