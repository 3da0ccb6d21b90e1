//! Puts ephemeral models into a statement as common table expressions, byte for byte where dbt puts them: after the
//! statement's own `WITH`, else before its first word or comment.

use crate::manifest::InjectedCte;

/// `sql` with `ctes` in front. Of several statements only the first is kept, as dbt does.
pub fn inject(sql: &str, ctes: &[InjectedCte]) -> String {
    if ctes.is_empty() {
        return sql.to_owned();
    }
    let sql = first_statement(sql);
    let joined = ctes.iter().map(|cte| cte.sql.as_str()).collect::<Vec<_>>().join(", ");
    match after_with(sql) {
        Some(at) => format!("{}{joined}, {}", &sql[..at], &sql[at..]),
        None => {
            let at = sql.len() - sql.trim_start().len();
            format!("{}with{joined} {}", &sql[..at], &sql[at..])
        }
    }
}

/// Where the first expression of the statement's own `WITH` begins.
fn after_with(sql: &str) -> Option<usize> {
    let mut at = skip_blank(sql, 0);
    while let Some(end) = comment_end(sql, at) {
        at = skip_blank(sql, end);
    }
    let after = at + keyword(&sql[at..], "with")?;
    let next = skip_blank(sql, after);
    match keyword(&sql[next..], "recursive") {
        Some(length) => Some(skip_blank(sql, next + length)),
        None => Some(next),
    }
}

/// Length of `word` at the beginning of `text`, if it stands there as a whole word in any case.
fn keyword(text: &str, word: &str) -> Option<usize> {
    let head = text.get(..word.len())?;
    let ends = !text[word.len()..].starts_with(|letter: char| letter.is_alphanumeric() || "_$.".contains(letter));
    (head.eq_ignore_ascii_case(word) && ends).then_some(word.len())
}

fn skip_blank(sql: &str, at: usize) -> usize {
    sql.len() - sql[at..].trim_start().len()
}

/// The end of the comment that begins at `at`; the newline of a line comment belongs to it.
fn comment_end(sql: &str, at: usize) -> Option<usize> {
    let rest = &sql[at..];
    if rest.starts_with("--") {
        return Some(rest.find('\n').map_or(sql.len(), |newline| at + newline + 1));
    }
    if rest.starts_with("/*") {
        return Some(rest.find("*/").map_or(sql.len(), |close| at + close + 2));
    }
    None
}

/// The text up to the first semicolon outside of quotes, comments and parentheses, with the blanks and line comments
/// behind it on the same line.
fn first_statement(sql: &str) -> &str {
    let mut at = 0;
    let mut depth = 0_usize;
    while let Some(letter) = sql[at..].chars().next() {
        if let Some(end) = comment_end(sql, at).or_else(|| quoted_end(sql, at)) {
            at = end;
            continue;
        }
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ';' if depth == 0 => return &sql[..statement_tail(sql, at + 1)],
            _ => {}
        }
        at += letter.len_utf8();
    }
    sql
}

fn statement_tail(sql: &str, mut at: usize) -> usize {
    loop {
        at += sql[at..].len() - sql[at..].trim_start_matches([' ', '\t']).len();
        if !sql[at..].starts_with("--") {
            return at;
        }
        at = comment_end(sql, at).unwrap_or(sql.len());
    }
}

/// The end of the quoted text that begins at `at`: `'a'`, `"a"`, `` `a` ``, `$$a$$`, `$tag$a$tag$`.
fn quoted_end(sql: &str, at: usize) -> Option<usize> {
    let rest = &sql[at..];
    let quote = rest.chars().next().filter(|letter| matches!(letter, '\'' | '"' | '`' | '$'))?;
    if quote != '$' {
        return Some(rest[1..].find(quote).map_or(sql.len(), |close| at + close + 2));
    }
    let tag_length = rest[1..].find('$')? + 2;
    let tag = &rest[..tag_length];
    let word = tag.trim_matches('$');
    let valid = word.chars().all(|letter| letter.is_alphanumeric() || letter == '_')
        && !word.starts_with(|letter: char| letter.is_ascii_digit());
    valid.then(|| rest[tag_length..].find(tag).map_or(sql.len(), |close| at + tag_length + close + tag_length))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn injected(sql: &str) -> String {
        let cte = |name: &str| InjectedCte { id: name.to_owned(), sql: format!(" __dbt__cte__{name} as (x)") };
        inject(sql, &[cte("a"), cte("b")]).replace(" __dbt__cte__a as (x),  __dbt__cte__b as (x)", "<CTE>")
    }

    #[test]
    fn puts_ctes_before_a_plain_statement() {
        assert_eq!(injected("select 1"), "with<CTE> select 1");
        assert_eq!(injected("\n\n  select 1"), "\n\n  with<CTE> select 1");
        assert_eq!(injected("-- hi\nselect 1"), "with<CTE> -- hi\nselect 1");
        assert_eq!(injected("(with x as (select 1) select 1)"), "with<CTE> (with x as (select 1) select 1)");
        assert_eq!(injected("select \"with\" from x"), "with<CTE> select \"with\" from x");
    }

    #[test]
    fn joins_the_statements_own_with() {
        assert_eq!(injected("/* c */ with x as (select 1) select 2"), "/* c */ with <CTE>, x as (select 1) select 2");
        assert_eq!(injected("WITH RECURSIVE x as (select 1)"), "WITH RECURSIVE <CTE>, x as (select 1)");
        assert_eq!(injected("with\n-- c\nrecursive x"), "with\n<CTE>, -- c\nrecursive x");
        assert_eq!(injected("with-- c\nx as (select 1)"), "with<CTE>, -- c\nx as (select 1)");
        assert_eq!(injected("-- with\n\n-- more\n\nwith x as (y)"), "-- with\n\n-- more\n\nwith <CTE>, x as (y)");
    }

    #[test]
    fn keeps_the_first_statement() {
        assert_eq!(injected("select 1; select 2"), "with<CTE> select 1; ");
        assert_eq!(injected("select 1;\n"), "with<CTE> select 1;");
        assert_eq!(injected("select 1 ;  -- c\n\nselect 2"), "with<CTE> select 1 ;  -- c\n");
        assert_eq!(injected("select ';' as a, (1;2), $$;$$; drop"), "with<CTE> select ';' as a, (1;2), $$;$$; ");
    }
}
