//! Shell patterns as Python's `fnmatch` and `pathlib` match them: `*` crosses dots, there are no braces, and a bracket
//! that is never closed stands for itself.

/// Whether all of `text` matches `pattern`, as `fnmatch.fnmatch`.
pub(super) fn matches(text: &str, pattern: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let tokens = tokens(pattern);
    let (mut at, mut token) = (0, 0);
    // Where to go on when a later token fails: behind the last star, one letter further.
    let mut retry: Option<(usize, usize)> = None;
    while at < text.len() || token < tokens.len() {
        let matched = match tokens.get(token) {
            Some(Token::Star) => {
                retry = Some((at + 1, token));
                token += 1;
                continue;
            }
            Some(other) => text.get(at).is_some_and(|letter| other.accepts(*letter)),
            None => false,
        };
        if matched {
            at += 1;
            token += 1;
        } else {
            match retry {
                Some((from, star)) if from <= text.len() => {
                    at = from;
                    token = star;
                }
                _ => return false,
            }
        }
    }
    true
}

/// Whether a text has letters that mean something in a pattern.
pub(super) fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '[', ']'])
}

enum Token {
    Star,
    Any,
    Letter(char),
    Class { negated: bool, ranges: Vec<(char, char)> },
}

impl Token {
    fn accepts(&self, letter: char) -> bool {
        match self {
            Token::Star => false,
            Token::Any => true,
            Token::Letter(own) => *own == letter,
            Token::Class { negated, ranges } => {
                ranges.iter().any(|(low, high)| (*low..=*high).contains(&letter)) != *negated
            }
        }
    }
}

fn tokens(pattern: &str) -> Vec<Token> {
    let letters: Vec<char> = pattern.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(letter) = letters.get(at) {
        at += 1;
        tokens.push(match letter {
            '*' => Token::Star,
            '?' => Token::Any,
            '[' => match class_end(&letters, at) {
                Some(end) => {
                    let class = class(&letters[at..end]);
                    at = end + 1;
                    class
                }
                None => Token::Letter('['),
            },
            other => Token::Letter(*other),
        });
    }
    tokens
}

/// The closing bracket of a class whose first letter is at `start`; a bracket in first place belongs to the class.
fn class_end(letters: &[char], start: usize) -> Option<usize> {
    let mut from = start;
    if letters.get(from) == Some(&'!') {
        from += 1;
    }
    if letters.get(from) == Some(&']') {
        from += 1;
    }
    (from..letters.len()).find(|at| letters[*at] == ']')
}

fn class(letters: &[char]) -> Token {
    let (negated, letters) = match letters {
        ['!', rest @ ..] => (true, rest),
        all => (false, all),
    };
    let mut ranges = Vec::new();
    let mut at = 0;
    while at < letters.len() {
        if at + 2 < letters.len() && letters[at + 1] == '-' {
            ranges.push((letters[at], letters[at + 2]));
            at += 3;
        } else {
            ranges.push((letters[at], letters[at]));
            at += 1;
        }
    }
    Token::Class { negated, ranges }
}

/// Whether a relative path matches a pattern of `pathlib.Path.glob`: part by part, `**` for any number of folders.
pub(super) fn path_matches(parts: &[&str], pattern: &[&str]) -> bool {
    match pattern {
        [] => parts.is_empty(),
        ["**", rest @ ..] => (0..=parts.len()).any(|skipped| path_matches(&parts[skipped..], rest)),
        [first, rest @ ..] => match parts {
            [part, others @ ..] => matches(part, first) && path_matches(others, rest),
            [] => false,
        },
    }
}
