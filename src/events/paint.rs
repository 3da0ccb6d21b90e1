//! Colours of console lines, the tags that dbt puts before warnings and errors, and the layout of its progress lines.

const RED: &str = "\u{1b}[31m";
const GREEN: &str = "\u{1b}[32m";
const YELLOW: &str = "\u{1b}[33m";
/// Ends a colour.
pub const RESET: &str = "\u{1b}[0m";

/// How lines are laid out: with or without colours, and how wide.
#[derive(Debug, Clone, Copy)]
pub struct Paint {
    /// `--use-colors`.
    pub colors: bool,
    /// `--printer-width`: where the dots of a progress line end.
    pub width: usize,
}

impl Default for Paint {
    fn default() -> Self {
        Paint { colors: false, width: 80 }
    }
}

/// Where a node stands among the nodes of the run, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// This one.
    pub index: usize,
    /// Of how many.
    pub total: usize,
}

impl Paint {
    fn color(self, text: &str, code: &str) -> String {
        if self.colors { format!("{code}{text}{RESET}") } else { text.to_owned() }
    }

    /// For success.
    pub fn green(self, text: &str) -> String {
        self.color(text, GREEN)
    }

    /// For warnings and skips.
    pub fn yellow(self, text: &str) -> String {
        self.color(text, YELLOW)
    }

    /// For errors.
    pub fn red(self, text: &str) -> String {
        self.color(text, RED)
    }

    /// `[WARNING]: message`.
    pub fn warning_tag(self, message: &str) -> String {
        format!("[{}]: {message}", self.yellow("WARNING"))
    }

    /// `[WARNING][EventName]: message`.
    pub fn named_warning_tag(self, event: &str, message: &str) -> String {
        format!("[{}][{event}]: {message}", self.yellow("WARNING"))
    }

    /// `[ERROR]: message`.
    pub fn error_tag(self, message: &str) -> String {
        format!("[{}]: {message}", self.red("ERROR"))
    }

    /// `1 of 3 START ... ........ [RUN]`; `seconds` adds ` in 0.10s` to the status.
    pub fn progress_line(
        self,
        message: &str,
        status: &str,
        position: Option<Position>,
        seconds: Option<f64>,
    ) -> String {
        format!("{} {}", self.dotted(message, position), status_box(status, seconds))
    }

    /// Like [`Paint::progress_line`], with the message cut to the width, as dbt prints hooks.
    pub fn truncated_line(self, message: &str, status: &str, position: Position, seconds: Option<f64>) -> String {
        let mut dotted = self.dotted(message, Some(position));
        let limit = self.width.saturating_sub(3);
        if dotted.chars().count() > limit {
            dotted = dotted.chars().take(limit).collect::<String>() + "...";
        }
        format!("{dotted} {}", status_box(status, seconds))
    }

    fn dotted(self, message: &str, position: Option<Position>) -> String {
        let mut line = match position {
            Some(position) => format!("{} of {} {message} ", position.index, position.total),
            None => format!("{message} "),
        };
        let missing = self.width.saturating_sub(line.chars().count());
        line.push_str(&".".repeat(missing));
        line
    }
}

fn status_box(status: &str, seconds: Option<f64>) -> String {
    match seconds {
        Some(seconds) => format!("[{status} in {seconds:.2}s]"),
        None => format!("[{status}]"),
    }
}

/// `1 model`, `2 models`, with the plural that dbt uses for the word.
pub fn count(number: usize, singular: &str) -> String {
    if number == 1 {
        return format!("1 {singular}");
    }
    let plural = match singular {
        "analysis" => "analyses".to_owned(),
        "saved query" => "saved queries".to_owned(),
        "test" => "data tests".to_owned(),
        other => format!("{other}s"),
    };
    format!("{number} {plural}")
}

/// ` in 0 hours 0 minutes and 2.25 seconds`.
pub fn humanize(seconds: f64) -> String {
    let minutes = (seconds / 60.0).floor();
    let hours = (minutes / 60.0).floor();
    format!(" in {hours:.0} hours {:.0} minutes and {:.2} seconds", minutes - hours * 60.0, seconds - minutes * 60.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lays_lines_out_as_dbt_does() {
        let paint = Paint::default();
        let at = Some(Position { index: 1, total: 28 });
        assert_eq!(
            paint.progress_line("START seed file main.raw_customers", "RUN", at, None),
            "1 of 28 START seed file main.raw_customers ..................................... [RUN]"
        );
        assert_eq!(
            paint.progress_line("OK loaded seed file main.raw_orders", "INSERT 99", at, Some(0.7249)),
            "1 of 28 OK loaded seed file main.raw_orders .................................... [INSERT 99 in 0.72s]"
        );
        let long = "a".repeat(90);
        let cut = paint.truncated_line(&long, "RUN", Position { index: 1, total: 1 }, None);
        assert_eq!(cut, format!("1 of 1 {}... [RUN]", "a".repeat(70)));
    }

    #[test]
    fn humanizes_times() {
        assert_eq!(humanize(3725.5), " in 1 hours 2 minutes and 5.50 seconds");
    }
}
