//! Taking a text with several statements apart, for DuckDB profiles only the last statement of a text.

use std::ops::Range;

use duckdb::Connection as RawConnection;

/// No statement begins with this, so a text with it at its end fails there, if it does not fail before.
const END: &str = "rdbt_end_of_statements";

/// The statements of a text, each as a text in which it stands at the same line and column, for the sake of messages. A text
/// that DuckDB will not parse stays whole, so that nothing of it runs.
pub(super) fn apart(raw: &RawConnection, sql: &str) -> Vec<String> {
    let places = places(sql);
    if places.len() < 2 || !parses(raw, sql) {
        return vec![sql.to_owned()];
    }
    places.into_iter().map(|place| blank(&sql[..place.start]) + &sql[place]).collect()
}

/// Whether DuckDB can parse a text; nothing is run.
fn parses(raw: &RawConnection, sql: &str) -> bool {
    // After a failure DuckDB parses each statement again for its extensions, and cuts texts with letters of several bytes wrongly.
    let letter = |letter: char| match letter {
        _ if letter.is_ascii() => letter,
        _ if letter.is_whitespace() => ' ',
        _ => 'x',
    };
    let plain: String = sql.chars().map(letter).collect();
    let tried = raw.prepare(&format!("{plain}\n;{END}"));
    tried.err().is_some_and(|error| error.to_string().contains(&format!("at or near \"{END}\"")))
}

fn blank(text: &str) -> String {
    text.chars().map(|letter| if letter == '\n' { '\n' } else { ' ' }).collect()
}

/// Where the statements of a text are, without those that are empty.
fn places(sql: &str) -> Vec<Range<usize>> {
    let mut places = Vec::new();
    let (mut at, mut start, mut empty) = (0, 0, true);
    while at < sql.len() {
        let rest = &sql[at..];
        if rest.starts_with(';') {
            if !empty {
                places.push(start..at);
            }
            at += 1;
            (start, empty) = (at, true);
            continue;
        }
        let comment = comment(rest);
        let length = match comment {
            0 => quoted(&sql[..at], rest).unwrap_or_else(|| rest.chars().next().map_or(1, char::len_utf8)),
            length => length,
        };
        empty &= comment > 0 || rest.starts_with(char::is_whitespace);
        at += length;
    }
    if !empty {
        places.push(start..sql.len());
    }
    places
}

/// The length of the comment that a text begins with. Comments in `/*` hold others, as in PostgreSQL.
fn comment(rest: &str) -> usize {
    if rest.starts_with("--") {
        return rest.find('\n').unwrap_or(rest.len());
    }
    if !rest.starts_with("/*") {
        return 0;
    }
    let (mut at, mut depth) = (2, 1);
    while depth > 0 && at < rest.len() {
        let (step, change) = match rest.as_bytes().get(at..at + 2) {
            Some(b"/*") => (2, 1),
            Some(b"*/") => (2, -1),
            _ => (1, 0),
        };
        at += step;
        depth += change;
    }
    // Bytes were counted; letters of several bytes hold none of those that matter.
    at.min(rest.len())
}

/// The length of the quoted text that a text begins with, if it begins with one.
fn quoted(before: &str, rest: &str) -> Option<usize> {
    let quote = rest.chars().next()?;
    match quote {
        '"' => Some(to_quote(rest, quote, false)),
        '\'' => Some(to_quote(rest, quote, escapes(before))),
        '$' if !before.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '$') => {
            let tag = rest[1..].find('$').map(|end| &rest[..end + 2])?;
            let named = tag[1..tag.len() - 1].chars().all(|c| c.is_alphanumeric() || c == '_');
            let named = named && !tag[1..].starts_with(|c: char| c.is_ascii_digit());
            named.then(|| rest[tag.len()..].find(tag).map_or(rest.len(), |end| end + 2 * tag.len()))
        }
        _ => None,
    }
}

/// Whether a text ends with the `e` of `e'it\'s'`.
fn escapes(before: &str) -> bool {
    before
        .strip_suffix(['e', 'E'])
        .is_some_and(|rest| !rest.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '"')))
}

/// A doubled quote ends the text and begins another, which comes to the same.
fn to_quote(rest: &str, quote: char, escapes: bool) -> usize {
    let mut letters = rest.char_indices().skip(1);
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' if escapes => drop(letters.next()),
            _ if letter == quote => return at + quote.len_utf8(),
            _ => {}
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(sql: &str) -> Vec<&str> {
        places(sql).into_iter().map(|place| sql[place].trim()).collect()
    }

    #[test]
    fn finds_statements_whatever_is_quoted() {
        assert_eq!(texts("select 1"), ["select 1"]);
        assert_eq!(texts(" ;select ';' ; ; select \"a;\"\"b\"; -- end;\n"), ["select ';'", "select \"a;\"\"b\""]);
        assert_eq!(
            texts("select 'it''s;' /* ; /* ; */ ö; */ ; select 2"),
            ["select 'it''s;' /* ; /* ; */ ö; */", "select 2"]
        );
        assert_eq!(
            texts(r"select e'\';', 'a\'; select E'b\\'; select 3"),
            [r"select e'\';', 'a\'", r"select E'b\\'", "select 3"]
        );
        assert_eq!(
            texts("select $$;$$, $a$ ;$$; $a$; select $1; select $2"),
            ["select $$;$$, $a$ ;$$; $a$", "select $1", "select $2"]
        );
        assert_eq!(texts("-- only; a comment"), Vec::<&str>::new());
        assert_eq!(texts("select 'open; select 2"), ["select 'open; select 2"]);
    }

    #[test]
    fn keeps_lines_and_leaves_whole_what_does_not_parse() {
        let raw = RawConnection::open_in_memory().unwrap();
        assert_eq!(
            apart(&raw, "select 1;\nselect ö;"),
            ["select 1", "         \n select ö".replacen("\n ", "\n", 1).as_str()]
        );
        assert_eq!(apart(&raw, "create table t(i int); selec 2").len(), 1);
        assert_eq!(apart(&raw, "create table t(i int); drop table t;").len(), 2);
        assert!(raw.execute_batch("from t").is_err(), "Taking a text apart must run nothing.");
    }
}
