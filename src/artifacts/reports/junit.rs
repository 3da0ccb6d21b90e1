//! JUnit XML as the schema of Ant's JUnit task has it, which is the strictest of those in use: every attribute that it
//! asks for is there, and none that it does not know.

use std::fmt::Write as _;

use super::{Case, Suite, Verdict};

/// The document.
pub fn document(suites: &[Suite]) -> String {
    let mut xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n".to_owned();
    for (id, suite) in suites.iter().enumerate() {
        add_suite(&mut xml, id, suite);
    }
    xml.push_str("</testsuites>\n");
    xml
}

fn add_suite(xml: &mut String, id: usize, suite: &Suite) {
    let _ = writeln!(
        xml,
        "  <testsuite id=\"{id}\" package=\"rdbt\" name=\"{}\" timestamp=\"{}\" hostname=\"localhost\" tests=\"{}\" \
         failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{:.6}\">\n    <properties/>",
        escaped(&suite.name),
        suite.at.format("%Y-%m-%dT%H:%M:%S"),
        suite.cases.len(),
        suite.count(Verdict::Failed),
        suite.count(Verdict::Broken),
        suite.count(Verdict::Skipped),
        suite.seconds,
    );
    for case in &suite.cases {
        add_case(xml, case);
    }
    // The schema has no warnings: they stand in the output of the suite.
    let warnings = suite
        .cases
        .iter()
        .filter(|case| case.verdict == Verdict::Warned)
        .map(|case| format!("warning: {}: {}\n", case.name, body(case)));
    let warnings: String = warnings.collect();
    let _ = writeln!(
        xml,
        "    <system-out>{}</system-out>\n    <system-err></system-err>\n  </testsuite>",
        escaped(&warnings)
    );
}

fn add_case(xml: &mut String, case: &Case) {
    let (name, class) = (escaped(&case.name), escaped(&case.class));
    let _ = write!(xml, "    <testcase name=\"{name}\" classname=\"{class}\" time=\"{:.6}\"", case.seconds);
    let element = match case.verdict {
        Verdict::Failed => "failure",
        Verdict::Broken => "error",
        Verdict::Skipped => {
            xml.push_str("><skipped/></testcase>\n");
            return;
        }
        Verdict::Passed | Verdict::Warned => {
            xml.push_str("/>\n");
            return;
        }
    };
    let _ = writeln!(
        xml,
        ">\n      <{element} message=\"{}\" type=\"{}\">{}</{element}>\n    </testcase>",
        escaped(headline(case)),
        escaped(&case.status),
        escaped(&body(case)),
    );
}

/// The line that says most: behind dbt's heading, which names the kind of error and the node.
fn headline(case: &Case) -> &str {
    let mut lines =
        case.message.as_deref().unwrap_or(&case.status).lines().map(str::trim).filter(|line| !line.is_empty());
    match lines.next() {
        Some(heading) if heading.contains(" Error in ") => lines.next().unwrap_or(heading),
        first => first.unwrap_or_default(),
    }
}

/// Everything that is known of a case that did not pass.
fn body(case: &Case) -> String {
    let path = case.path.as_ref().map(|path| format!("compiled code at {path}"));
    let parts = [case.message.clone(), case.diff.clone(), path];
    parts.into_iter().flatten().collect::<Vec<_>>().join("\n")
}

/// A text in an attribute or an element; what XML cannot hold at all becomes a replacement character.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\n' | '\t' => safe.push(letter),
            '\r' => safe.push_str("&#13;"),
            '\u{fffe}' | '\u{ffff}' => safe.push('\u{fffd}'),
            other if other.is_control() && other < ' ' => safe.push('\u{fffd}'),
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_every_kind_stay_inside_their_element() {
        assert_eq!(escaped("a < b && \"c\" > 'd'\u{1b}[31m"), "a &lt; b &amp;&amp; &quot;c&quot; &gt; 'd'\u{fffd}[31m");
    }
}
