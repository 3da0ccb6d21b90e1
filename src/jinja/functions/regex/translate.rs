//! Patterns as Python's `re` writes them become patterns of fancy-regex: what means something else there is escaped or
//! spelled out, and what Python refuses is refused in its words.

use minijinja::Error as MjError;

use super::super::super::error::PyError;
use super::super::super::value::str_repr;
use super::flags::{IGNORECASE, MULTILINE, VERBOSE, letter_flag};

/// A pattern that fancy-regex understands, with the flags that the pattern itself sets.
#[derive(Debug)]
pub(super) struct Translated {
    pub text: String,
    pub flags: i64,
}

/// What stands before the place that is being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Item {
    Nothing,
    Anchor,
    Atom,
    Repeat,
}

struct Scanner {
    chars: Vec<char>,
    at: usize,
    out: String,
    flags: i64,
    /// Names of the groups, the first one being group 1.
    groups: Vec<Option<String>>,
    /// Where the groups that are open began.
    open: Vec<usize>,
    item: Item,
}

type Step = Result<(), MjError>;

fn fail<T>(message: &str, at: usize) -> Result<T, MjError> {
    Err(PyError::value_error(format!("{message} at position {at}")))
}

/// Translates a pattern that is used with `flags`.
///
/// # Errors
/// Python refuses the pattern.
pub(super) fn translate(source: &str, flags: i64) -> Result<Translated, MjError> {
    let mut scanner = Scanner {
        chars: source.chars().collect(),
        at: 0,
        out: String::new(),
        flags,
        groups: Vec::new(),
        open: Vec::new(),
        item: Item::Nothing,
    };
    while scanner.at < scanner.chars.len() {
        scanner.step()?;
    }
    match scanner.open.last() {
        Some(start) => fail("missing ), unterminated subpattern", *start),
        None => Ok(Translated { text: scanner.out, flags: scanner.flags }),
    }
}

impl Scanner {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    /// Takes so many characters over as they are.
    fn copy(&mut self, count: usize) {
        self.out.extend(self.chars.iter().skip(self.at).take(count));
        self.at += count;
    }

    fn push(&mut self, text: &str, taken: usize, item: Item) {
        self.out.push_str(text);
        self.at += taken;
        self.item = item;
    }

    fn step(&mut self) -> Step {
        let start = self.at;
        match self.chars[start] {
            '\\' => self.escape(),
            '[' => self.class(),
            '(' => self.group(),
            ')' => match self.open.pop() {
                None => fail("unbalanced parenthesis", start),
                Some(_) => {
                    self.push(")", 1, Item::Atom);
                    Ok(())
                }
            },
            '|' => {
                self.push("|", 1, Item::Nothing);
                Ok(())
            }
            '^' => {
                self.push("^", 1, Item::Anchor);
                Ok(())
            }
            // Python's `$` also stands before a newline at the very end.
            '$' => {
                self.push(if self.flags & MULTILINE != 0 { "$" } else { "(?=\\n?\\z)" }, 1, Item::Anchor);
                Ok(())
            }
            '.' => {
                self.push(".", 1, Item::Atom);
                Ok(())
            }
            '*' | '+' | '?' => self.repeat(1),
            '{' => match self.braces()? {
                Some(length) => self.repeat(length),
                None => {
                    self.push("\\{", 1, Item::Atom);
                    Ok(())
                }
            },
            '#' if self.flags & VERBOSE != 0 => {
                while self.peek(0).is_some_and(|c| c != '\n') {
                    self.at += 1;
                }
                Ok(())
            }
            c if c.is_whitespace() && self.flags & VERBOSE != 0 => {
                self.at += 1;
                Ok(())
            }
            c => {
                self.push(&fancy_regex::escape(&c.to_string()), 1, Item::Atom);
                Ok(())
            }
        }
    }

    /// The length of `{m,n}` if that is what stands here.
    fn braces(&self) -> Result<Option<usize>, MjError> {
        let rest: String = self.chars[self.at + 1..].iter().take_while(|c| **c != '}').collect();
        let (low, high) = rest.split_once(',').unwrap_or((&rest, &rest));
        let digits = |text: &str| text.chars().all(|c| c.is_ascii_digit());
        let length = rest.chars().count() + 2;
        if rest.is_empty() || !digits(low) || !digits(high) || self.peek(length - 1).is_none() {
            return Ok(None);
        }
        if let (Ok(low), Ok(high)) = (low.parse::<u64>(), high.parse::<u64>())
            && low > high
        {
            return fail("min repeat greater than max repeat", self.at + 1);
        }
        Ok(Some(length))
    }

    fn repeat(&mut self, length: usize) -> Step {
        match self.item {
            Item::Nothing | Item::Anchor => return fail("nothing to repeat", self.at),
            Item::Repeat => return fail("multiple repeat", self.at),
            Item::Atom => {}
        }
        if self.peek(1) == Some(',') && length > 1 {
            self.push("{0", 1, Item::Repeat);
            self.copy(length - 1);
        } else {
            self.copy(length);
        }
        if matches!(self.peek(0), Some('?' | '+')) {
            self.copy(1);
        }
        self.item = Item::Repeat;
        Ok(())
    }

    fn escape(&mut self) -> Step {
        let start = self.at;
        let Some(c) = self.peek(1) else { return fail("bad escape (end of pattern)", start) };
        match c {
            'Z' => self.push("\\z", 2, Item::Anchor),
            'A' | 'b' | 'B' => self.push(&format!("\\{c}"), 2, Item::Anchor),
            'd' | 'D' | 's' | 'S' | 'w' | 'W' => self.push(&format!("\\{c}"), 2, Item::Atom),
            '1'..='9' => return self.back_reference(),
            _ => {
                let (character, taken) = self.character(false)?;
                self.push(&format!("\\x{{{:x}}}", u32::from(character)), taken, Item::Atom);
            }
        }
        Ok(())
    }

    fn back_reference(&mut self) -> Step {
        let start = self.at;
        let digits: String = self.chars[start + 1..].iter().take(2).take_while(|c| c.is_ascii_digit()).collect();
        let number = digits.parse::<usize>().unwrap_or_default();
        if number > self.groups.len() {
            return fail(&format!("invalid group reference {number}"), start + 1);
        }
        self.push(&format!("(?:\\{number})"), digits.len() + 1, Item::Atom);
        Ok(())
    }

    /// The character that an escape stands for, and how many characters it takes.
    fn character(&self, in_class: bool) -> Result<(char, usize), MjError> {
        let (start, c) = (self.at, self.peek(1).unwrap_or('\\'));
        let coded = |radix: u32, from: usize, most: usize| {
            let digits: String =
                self.chars.iter().skip(start + from).take(most).take_while(|c| c.is_digit(radix)).collect();
            let code = u32::from_str_radix(&digits, radix).ok().and_then(char::from_u32);
            code.map(|code| (code, from + digits.len()))
        };
        let found = match c {
            'a' => Some(('\u{7}', 2)),
            'f' => Some(('\u{c}', 2)),
            'n' => Some(('\n', 2)),
            'r' => Some(('\r', 2)),
            't' => Some(('\t', 2)),
            'v' => Some(('\u{b}', 2)),
            'b' if in_class => Some(('\u{8}', 2)),
            'x' => coded(16, 2, 2).filter(|(_, taken)| *taken == 4),
            'u' => coded(16, 2, 4).filter(|(_, taken)| *taken == 6),
            'U' => coded(16, 2, 8).filter(|(_, taken)| *taken == 10),
            '0' => coded(8, 1, 3),
            '1'..='9' if in_class => coded(8, 1, 3),
            c if c.is_ascii_alphanumeric() => None,
            c => Some((c, 2)),
        };
        match found {
            Some(found) => Ok(found),
            None => fail(&format!("bad escape \\{c}"), start),
        }
    }

    fn class(&mut self) -> Step {
        let start = self.at;
        self.push("[", 1, Item::Atom);
        if self.peek(0) == Some('^') {
            self.copy(1);
        }
        let first = self.at;
        loop {
            let at = self.at;
            match self.peek(0) {
                None => return fail("unterminated character set", start),
                Some(']') if at > first => break,
                _ => {}
            }
            let Some(low) = self.class_member()? else { continue };
            if self.peek(0) == Some('-') && self.peek(1).is_some_and(|c| c != ']') {
                self.at += 1;
                let from = self.at;
                let high = self.class_member_char()?;
                let shown: String = self.chars[from..self.at].iter().collect();
                match high {
                    Some(high) if high >= low => {
                        self.out.push_str(&format!("\\x{{{:x}}}-\\x{{{:x}}}", low as u32, high as u32))
                    }
                    _ => {
                        let low: String = self.chars[at..from - 1].iter().collect();
                        return fail(&format!("bad character range {low}-{shown}"), at);
                    }
                }
            } else {
                self.out.push_str(&format!("\\x{{{:x}}}", low as u32));
            }
        }
        self.push("]", 1, Item::Atom);
        Ok(())
    }

    /// One member of a class; a set such as `\d` is written at once.
    fn class_member(&mut self) -> Result<Option<char>, MjError> {
        let found = self.class_member_char()?;
        if found.is_none() {
            let set: String = self.chars[self.at - 2..self.at].iter().collect();
            self.out.push_str(&set);
        }
        Ok(found)
    }

    /// One member of a class; nothing where it is a set.
    fn class_member_char(&mut self) -> Result<Option<char>, MjError> {
        match (self.peek(0), self.peek(1)) {
            (Some('\\'), Some('d' | 'D' | 's' | 'S' | 'w' | 'W')) => {
                self.at += 2;
                Ok(None)
            }
            (Some('\\'), _) => {
                let (c, taken) = self.character(true)?;
                self.at += taken;
                Ok(Some(c))
            }
            (c, _) => {
                self.at += 1;
                Ok(c)
            }
        }
    }

    fn group(&mut self) -> Step {
        let start = self.at;
        self.item = Item::Nothing;
        if self.peek(1) != Some('?') {
            self.groups.push(None);
            self.open.push(start);
            self.copy(1);
            return Ok(());
        }
        match (self.peek(2), self.peek(3)) {
            (Some('P'), Some('<')) => self.named_group(),
            (Some('P'), Some('=')) => self.named_reference(),
            (Some(':' | '=' | '!' | '>'), _) => self.open_group(3),
            (Some('<'), Some('=' | '!')) => self.open_group(4),
            (Some('#'), _) => {
                let end = self.chars[start..].iter().position(|c| *c == ')');
                match end {
                    Some(length) => self.at += length + 1,
                    None => return fail("missing ), unterminated comment", start),
                }
                Ok(())
            }
            (Some('('), _) => self.condition(),
            (Some(c), _) if letter_flag(c).is_some() || c == '-' => self.inline_flags(),
            (Some('P'), Some(c)) => fail(&format!("unknown extension ?P{c}"), start + 1),
            (Some(c), _) => fail(&format!("unknown extension ?{c}"), start + 1),
            (None, _) => fail("unexpected end of pattern", start + 2),
        }
    }

    fn open_group(&mut self, length: usize) -> Step {
        self.open.push(self.at);
        self.copy(length);
        Ok(())
    }

    /// The name that begins at `from` and ends with `close`.
    fn name(&self, from: usize, close: char) -> Result<String, MjError> {
        let name: String = self.chars[from..].iter().take_while(|c| **c != close).collect();
        if self.chars.get(from + name.chars().count()).is_none() {
            return fail(&format!("missing {close}, unterminated name"), from);
        }
        if name.is_empty() {
            return fail("missing group name", from);
        }
        let fits = |(index, c): (usize, char)| c == '_' || c.is_alphabetic() || (index > 0 && c.is_alphanumeric());
        if name.chars().enumerate().all(fits) {
            Ok(name)
        } else {
            fail(&format!("bad character in group name {}", str_repr(&name)), from)
        }
    }

    fn named_group(&mut self) -> Step {
        let from = self.at + 4;
        let name = self.name(from, '>')?;
        if let Some(known) = self.groups.iter().position(|group| group.as_deref() == Some(&name)) {
            let (name, number, first) = (str_repr(&name), self.groups.len() + 1, known + 1);
            return fail(&format!("redefinition of group name {name} as group {number}; was group {first}"), from);
        }
        self.open_group(5 + name.chars().count())?;
        self.groups.push(Some(name));
        Ok(())
    }

    fn named_reference(&mut self) -> Step {
        let from = self.at + 4;
        let name = self.name(from, ')')?;
        if !self.groups.iter().any(|group| group.as_deref() == Some(&name)) {
            return fail(&format!("unknown group name {}", str_repr(&name)), from);
        }
        self.copy(5 + name.chars().count());
        self.item = Item::Atom;
        Ok(())
    }

    /// `(?(1)a|b)`
    fn condition(&mut self) -> Step {
        let from = self.at + 3;
        let name: String = self.chars[from..].iter().take_while(|c| **c != ')').collect();
        match name.parse::<usize>() {
            Ok(number) if number > self.groups.len() => fail(&format!("invalid group reference {number}"), from),
            Err(_) if !self.groups.iter().any(|group| group.as_deref() == Some(&name)) => {
                fail(&format!("unknown group name {}", str_repr(&name)), from)
            }
            _ => self.open_group(4 + name.chars().count()),
        }
    }

    /// `(?i)` for the whole pattern, or `(?i:...)`.
    fn inline_flags(&mut self) -> Step {
        let mut at = self.at + 2;
        let mut flags = 0;
        while let Some(flag) = self.chars.get(at).copied().and_then(letter_flag) {
            flags |= flag;
            at += 1;
        }
        if self.chars.get(at) == Some(&'-') {
            at += 1;
            while self.chars.get(at).copied().and_then(letter_flag).is_some() {
                at += 1;
            }
        }
        match self.chars.get(at) {
            Some(':') => {
                let text: String = self.chars[self.at..=at].iter().filter(|c| !matches!(c, 'a' | 'u' | 'L')).collect();
                self.open.push(self.at);
                self.push(&text, at + 1 - self.at, Item::Nothing);
                Ok(())
            }
            Some(')') if self.out.is_empty() => {
                self.flags |= flags;
                self.at = at + 1;
                Ok(())
            }
            Some(')') => fail("global flags not at the start of the expression", self.at),
            Some(_) => fail("unknown flag", at),
            None => fail("missing -, : or )", at),
        }
    }
}

/// The letters that fancy-regex is given for flags. Whitespace and comments are gone already.
pub(super) fn letters(flags: i64) -> String {
    let known = [(IGNORECASE, 'i'), (MULTILINE, 'm'), (super::flags::DOTALL, 's')];
    known.iter().filter(|(flag, _)| flags & flag != 0).map(|(_, letter)| letter).collect()
}
