//! A difference as text for a terminal: columns aligned, separated as in a CSV file, coloured by what happened.

use super::highlight::{ADDED, ARROW, HEADER, REMOVED};
use super::text;
use crate::adapter::Cell;
use chrono::{Datelike, NaiveDate, NaiveDateTime, Timelike};

const BOLD: &str = "\u{1b}[0;1m";
const GREEN: &str = "\u{1b}[32;1m";
const BLUE: &str = "\u{1b}[34;1m";
const RED: &str = "\u{1b}[31;1m";
const MINOR: &str = "\u{1b}[33m";
const DONE: &str = "\u{1b}[0m";
/// Between the values of a changed cell.
const PRETTY_ARROW: &str = "\u{2192}";
/// Stands for a space that the other value does not have, where values differ in nothing else.
const VISIBLE_SPACE: char = '\u{2423}';
/// Above this many characters a line is not aligned.
const WIDEST: usize = 130;

type Grid = [Vec<Cell>];

/// How a cell is shown.
enum Look {
    Plain,
    Colored(&'static str),
    Changed(String, String),
}

/// The lines, each ended by a carriage return and a line feed.
pub(super) fn render(grid: &Grid) -> String {
    let sizes = sizes(grid);
    let mut out = String::new();
    for y in 0..grid.len() {
        let (mut at, mut target) = (0_usize, 0_usize);
        for x in 0..grid[y].len() {
            if sizes.is_some() {
                out.push_str(&" ".repeat(target.saturating_sub(at)));
                at = at.max(target);
            }
            if x > 0 {
                out.push_str(&format!("{MINOR},{DONE}"));
            }
            out.push_str(&colored(grid, x, y));
            if let Some(sizes) = &sizes {
                at += plain(grid, x, y).chars().count();
                target += sizes[x];
            }
        }
        out.push_str("\r\n");
    }
    out
}

/// The text without the codes of a terminal.
pub(super) fn without_codes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        out.push_str(before);
        rest = after.split_once(|letter: char| ('@'..='~').contains(&letter)).map_or("", |(_, rest)| rest);
    }
    out.push_str(rest);
    out
}

fn look(grid: &Grid, x: usize, y: usize) -> Look {
    let (column, row) = (text(&grid[0][x]), text(&grid[y][0]));
    let removed_column = !column.contains(ADDED) && column.contains(REMOVED);
    let by_column = match (column.contains(ADDED), removed_column) {
        (true, _) => Some(GREEN),
        (_, true) => Some(RED),
        _ => None,
    };
    let by_row = match row.as_str() {
        HEADER => Some(BOLD),
        ADDED if !removed_column => Some(GREEN),
        REMOVED => Some(RED),
        changed if changed.contains(ARROW) && !removed_column => {
            let value = text(&grid[y][x]);
            if let Some((old, new)) = value.split_once(changed) {
                let old = mark_spaces(old, new);
                let new = mark_spaces(new, &old);
                return Look::Changed(old, new);
            }
            None
        }
        _ => None,
    };
    by_column.or(by_row).map_or(Look::Plain, Look::Colored)
}

fn plain(grid: &Grid, x: usize, y: usize) -> String {
    match look(grid, x, y) {
        Look::Changed(old, new) => csv(&format!("{old}{PRETTY_ARROW}{new}")),
        _ => csv_cell(&grid[y][x]),
    }
}

fn colored(grid: &Grid, x: usize, y: usize) -> String {
    match look(grid, x, y) {
        Look::Changed(old, new) => csv(&format!("{RED}{old}{BLUE}{PRETTY_ARROW}{GREEN}{new}{DONE}")),
        Look::Colored(code) => csv(&format!("{code}{}{DONE}", printed(&grid[y][x]))),
        Look::Plain => csv_cell(&grid[y][x]),
    }
}

fn csv_cell(cell: &Cell) -> String {
    if cell.is_null() { "NULL".to_owned() } else { csv(&text(cell)) }
}

fn csv(value: &str) -> String {
    let quoted = value.starts_with(' ') || value.ends_with(' ') || value.contains(['"', '\r', '\n', '\t', ',']);
    match quoted {
        true => format!("\"{}\"", value.replace('"', "\"\"")),
        false => value.to_owned(),
    }
}

/// A coloured cell as dbt's library prints it: anything but texts and whole numbers in the words of a program.
fn printed(cell: &Cell) -> String {
    match cell {
        Cell::Null => "null".to_owned(),
        Cell::Bool(flag) => flag.to_string(),
        Cell::Decimal(number) => format!("Decimal('{number}')"),
        Cell::Date(date) => format!("datetime.date({})", date_parts(*date)),
        Cell::DateTime(moment) => format!("datetime.datetime({})", moment_parts(*moment)),
        Cell::DateTimeTz(moment) => {
            let zone = match moment.offset().local_minus_utc() {
                0 => "<StaticTzInfo 'Etc/UTC'>".to_owned(),
                seconds => format!("datetime.timezone(datetime.timedelta(seconds={seconds}))"),
            };
            format!("datetime.datetime({}, tzinfo={zone})", moment_parts(moment.naive_local()))
        }
        Cell::Int(_) | Cell::Text(_) => cell.to_string(),
    }
}

fn date_parts(date: NaiveDate) -> String {
    format!("{}, {}, {}", date.year(), date.month(), date.day())
}

/// Seconds and microseconds only where they are not zero.
fn moment_parts(moment: NaiveDateTime) -> String {
    let mut parts = format!("{}, {}, {}", date_parts(moment.date()), moment.hour(), moment.minute());
    let micros = moment.nanosecond() / 1000;
    if moment.second() > 0 || micros > 0 {
        parts.push_str(&format!(", {}", moment.second()));
    }
    if micros > 0 {
        parts.push_str(&format!(", {micros}"));
    }
    parts
}

/// Makes the spaces of `value` visible that `other` lacks, if spaces are all that they differ in.
fn mark_spaces(value: &str, other: &str) -> String {
    let without_spaces = |text: &str| text.replace(' ', "");
    if value == other || without_spaces(value) != without_spaces(other) {
        return value.to_owned();
    }
    let mut out = String::new();
    let mut others = other.chars().peekable();
    let mut letters = value.chars().peekable();
    while let Some(letter) = letters.peek().copied() {
        match others.peek().copied() {
            Some(same) if same == letter => {
                out.push(letter);
                letters.next();
                others.next();
            }
            Some(' ') => {
                others.next();
            }
            _ => {
                out.push(VISIBLE_SPACE);
                letters.next();
            }
        }
    }
    out
}

/// The width of each column: its longest text that is not out of proportion to the others. Nothing if a line would be
/// too wide.
#[allow(clippy::cast_precision_loss)]
fn sizes(grid: &Grid) -> Option<Vec<usize>> {
    let height = grid.len() as f64;
    let width = grid.first().map_or(0, Vec::len);
    let mut sizes = Vec::new();
    for x in 0..width {
        let lengths: Vec<usize> = (0..grid.len()).map(|y| plain(grid, x, y).chars().count()).collect();
        let mean = lengths.iter().sum::<usize>() as f64 / height;
        let squares = lengths.iter().map(|length| length * length).sum::<usize>() as f64 / height;
        let deviation = (squares - mean * mean).max(0.0).sqrt();
        let limit = (mean + deviation * 2.0 + 0.5).floor();
        let usual = lengths.iter().copied().filter(|length| *length as f64 <= limit).max().unwrap_or_default();
        sizes.push(usual.max(lengths.first().copied().unwrap_or_default()));
    }
    let total = width.saturating_sub(1) + sizes.iter().sum::<usize>();
    (total <= WIDEST).then_some(sizes)
}
