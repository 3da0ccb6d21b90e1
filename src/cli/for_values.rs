//! The words of `--for`: `year=2025..2029`, `region=eu,us`, `name=["a..b", 'x, y']`.

use super::mappings::{split_pair, typed};
use crate::invocation::{Series, SeriesValue};
use crate::yaml::{self, Node, Value};

/// Steps that one command may take. More is a slip of the keyboard.
const MOST_STEPS: usize = 10_000;

/// Reads the words.
///
/// # Errors
/// A word is not `variable=values`, a range is none, a value is missing or there twice, or there are too many: the
/// error is a sentence that says which.
pub fn parse(words: &[String]) -> Result<Vec<Series>, String> {
    let mut all: Vec<Series> = Vec::new();
    for word in words {
        let Some((name, values)) = split_pair(word) else {
            return Err(format!(
                "'{word}' is not of the form variable=values, such as year=2025..2029 or region=eu,us."
            ));
        };
        if all.iter().any(|known| known.name == name) {
            return Err(format!("The variable `{name}` is given twice; write all its values behind one `{name}=`."));
        }
        let values = values_of(name, values)?;
        if let Some(twice) =
            values.iter().enumerate().find(|(at, value)| values[..*at].iter().any(|known| known.text == value.text))
        {
            return Err(format!("The value {} of `{name}` is there twice; each runs once.", twice.1.text));
        }
        all.push(Series { name: name.to_owned(), values });
    }
    let steps = all.iter().fold(1_usize, |steps, series| steps.saturating_mul(series.values.len()));
    match steps > MOST_STEPS {
        true => Err(format!("These are {steps} runs; one command makes at most {MOST_STEPS}.")),
        false => Ok(all),
    }
}

fn values_of(name: &str, text: &str) -> Result<Vec<SeriesValue>, String> {
    if text.trim_start().starts_with('[') {
        return list(name, text);
    }
    if let Some((start, end)) = text.split_once("..") {
        return range(name, text, start, end);
    }
    text.split(',').map(|item| value(name, text, item.trim())).collect()
}

fn value(name: &str, all: &str, item: &str) -> Result<SeriesValue, String> {
    match item {
        "" if all.trim().is_empty() => {
            Err(format!("`{name}=` has no values, such as {name}=2025..2029 or {name}=a,b."))
        }
        "" => Err(format!("A value is missing in '{name}={all}'; an empty text is written {name}=[\"\"].")),
        _ => Ok(SeriesValue { text: item.to_owned(), node: typed(item) }),
    }
}

/// `2025..2029`: whole numbers, both ends included.
fn range(name: &str, text: &str, start: &str, end: &str) -> Result<Vec<SeriesValue>, String> {
    let (Ok(first), Ok(last)) = (start.trim().parse::<i64>(), end.trim().parse::<i64>()) else {
        return Err(format!(
            "'{text}' is not a range of whole numbers such as 2025..2029. Other values are listed, {name}=a,b,c; texts \
             with two dots in brackets, {name}=[\"a..b\"]."
        ));
    };
    if first > last {
        return Err(format!(
            "The range {text} ends before it begins. Write {last}..{first}, or list the values in the order that you want."
        ));
    }
    let count = i128::from(last) - i128::from(first) + 1;
    if count > MOST_STEPS as i128 {
        return Err(format!("The range {text} has {count} values; one command makes at most {MOST_STEPS} runs."));
    }
    let one = |number: i64| SeriesValue { text: number.to_string(), node: Node::detached(Value::Int(number)) };
    Ok((first..=last).map(one).collect())
}

/// A list in YAML, for texts that hold commas or dots.
fn list(name: &str, text: &str) -> Result<Vec<SeriesValue>, String> {
    let parsed =
        yaml::parse(text, "<command line>").map_err(|error| format!("'{name}={text}' is not a list: {error}"))?;
    let items = parsed.as_seq().ok_or_else(|| format!("'{name}={text}' is not a list such as {name}=[a, b]."))?;
    if items.is_empty() {
        return Err(format!("The list of `{name}` is empty; there must be a value to run for."));
    }
    let shown = |node: &Node| match yaml::to_json(&node.value) {
        serde_json::Value::String(text) => text,
        other => other.to_string(),
    };
    Ok(items.iter().map(|node| SeriesValue { text: shown(node), node: node.clone() }).collect())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // A failing look-up is a failing test.
mod tests {
    use super::*;

    fn read(words: &[&str]) -> Result<Vec<(String, String)>, String> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let shown = |series: Series| {
            let values = series.values.iter().map(|value| yaml::to_json(&value.node.value).to_string());
            (series.name.clone(), values.collect::<Vec<_>>().join(" "))
        };
        Ok(parse(&words)?.into_iter().map(shown).collect())
    }

    fn values(word: &str) -> String {
        read(&[word]).unwrap().remove(0).1
    }

    #[test]
    fn reads_ranges_and_lists_with_the_types_of_yaml() {
        assert_eq!(values("y=2025..2027"), "2025 2026 2027");
        assert_eq!(values("y=-1..1"), "-1 0 1");
        assert_eq!(values("y=7..7"), "7");
        assert_eq!(values("y=2029,2028"), "2029 2028");
        assert_eq!(values("r=eu, us,true"), "\"eu\" \"us\" true");
        assert_eq!(values("r=[\"a..b\", 'x, y', 3]"), "\"a..b\" \"x, y\" 3");
        assert_eq!(read(&["a=1,2", "b=x"]).unwrap()[1], ("b".to_owned(), "\"x\"".to_owned()));
    }

    #[test]
    fn refuses_the_rest_with_a_sentence() {
        for (word, why) in [
            ("year", "is not of the form"),
            ("year=", "has no values"),
            ("year=2029..2025", "ends before it begins. Write 2025..2029"),
            ("year=2025..", "is not a range of whole numbers"),
            ("year=a..c", "is not a range of whole numbers"),
            ("year=1..2..3", "is not a range of whole numbers"),
            ("year=1.5..3", "is not a range of whole numbers"),
            ("year=1,,2", "A value is missing"),
            ("year=1,2,1", "The value 1 of `year` is there twice"),
            ("year=1..10001", "at most 10000"),
            ("year=-9223372036854775808..9223372036854775807", "18446744073709551616 values"),
            ("year=[]", "is empty"),
            ("year=[1", "is not a list"),
        ] {
            let error = read(&[word]).unwrap_err();
            assert!(error.contains(why), "{word}: {error}");
        }
        assert!(read(&["a=1", "a=2"]).unwrap_err().contains("given twice"));
        assert!(read(&["a=1..1000", "b=1..1000"]).unwrap_err().contains("1000000 runs"));
    }
}
