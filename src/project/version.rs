//! Versions and requirements on them (`require-dbt-version`, `version` of a package) in dbt's reading of semantic
//! versions. The oddities are dbt's and kept: which version of a package is installed depends on them.

use std::cmp::Ordering;
use std::fmt;
use std::sync::LazyLock;

use fancy_regex::Regex;

use super::values::repr_texts;
use crate::error::{Error, Result};

/// How a version limits others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Matcher {
    Exact,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

impl Matcher {
    const SYMBOLS: [(Matcher, &'static str); 5] = [
        (Matcher::Exact, "="),
        (Matcher::Greater, ">"),
        (Matcher::GreaterOrEqual, ">="),
        (Matcher::Less, "<"),
        (Matcher::LessOrEqual, "<="),
    ];

    fn symbol(self) -> &'static str {
        Self::SYMBOLS.iter().find(|(matcher, _)| *matcher == self).map_or("=", |(_, symbol)| symbol)
    }

    fn of(symbol: Option<&str>) -> Matcher {
        let known = |symbol| Self::SYMBOLS.iter().find(|(_, known)| *known == symbol);
        symbol.and_then(known).map_or(Matcher::Exact, |(matcher, _)| *matcher)
    }

    fn is_lower(self) -> bool {
        matches!(self, Matcher::Greater | Matcher::GreaterOrEqual)
    }

    fn is_upper(self) -> bool {
        matches!(self, Matcher::Less | Matcher::LessOrEqual)
    }

    /// Where two limits at the same version stand to each other.
    fn order_at_same_version(self, other: Matcher) -> Ordering {
        use Matcher::{Greater, GreaterOrEqual, Less, LessOrEqual};
        match (self, other) {
            (GreaterOrEqual, LessOrEqual) | (LessOrEqual, GreaterOrEqual) => Ordering::Equal,
            (Less, LessOrEqual) | (GreaterOrEqual, Greater) => Ordering::Less,
            (LessOrEqual, Less) | (Greater, GreaterOrEqual) => Ordering::Greater,
            _ if self.is_upper() && other.is_lower() => Ordering::Less,
            _ if self.is_lower() && other.is_upper() => Ordering::Greater,
            _ => Ordering::Equal,
        }
    }
}

/// One version with its comparison sign: `>=1.3.0`, `<2.0.0`, `1.0.0-rc1`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionSpec {
    matcher: Matcher,
    numbers: [u64; 3],
    prerelease: Option<String>,
    build: Option<String>,
}

/// Sign, three numbers without leading zeros, pre-release with or without a hyphen, build.
static PATTERN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let number = r"(0|[1-9][0-9]*)";
    let word = r"(?:0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*)";
    let build = r"[0-9A-Za-z-]*";
    let pattern = format!(
        r"^(>=|>|<|<=|=)?{number}\.{number}\.{number}(?:-?({word}(?:\.{word})*))?(?:\+({build}(?:\.{build})*))?\n?$"
    );
    Regex::new(&pattern).ok()
});

impl VersionSpec {
    /// Reads one requirement.
    ///
    /// # Errors
    /// The text is not a semantic version, in dbt's words.
    pub fn parse(text: &str) -> Result<VersionSpec> {
        Self::read(text).ok_or_else(|| Error::runtime(format!("\"{text}\" is not a valid semantic version.")))
    }

    fn read(text: &str) -> Option<VersionSpec> {
        let found = PATTERN.as_ref()?.captures(text).ok()??;
        let group = |index| found.get(index).map(|group| group.as_str());
        let number = |index| group(index).and_then(|digits| digits.parse().ok());
        let word = |index| group(index).filter(|word| !word.is_empty()).map(str::to_owned);
        Some(VersionSpec {
            matcher: Matcher::of(group(1)),
            numbers: [number(2)?, number(3)?, number(4)?],
            prerelease: word(5),
            build: word(6),
        })
    }

    /// Whether this is a pre-release.
    pub fn is_prerelease(&self) -> bool {
        self.prerelease.is_some()
    }

    fn is_exact(&self) -> bool {
        self.matcher == Matcher::Exact
    }

    /// Which limit is the higher one. A limit `<2.0.0` is below every pre-release of 2.0.0, so that none of them
    /// gets in; any other 2.0.0 is above them.
    fn order(&self, other: &VersionSpec) -> Ordering {
        let prerelease = || match (&self.prerelease, &other.prerelease) {
            (None, None) => Ordering::Equal,
            (None, Some(_)) if self.matcher == Matcher::Less => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(_), None) => Ordering::Less,
            (Some(a), Some(b)) => prerelease_order(a, b),
        };
        let signs = || self.matcher.order_at_same_version(other.matcher);
        self.numbers.cmp(&other.numbers).then_with(prerelease).then_with(signs)
    }

    fn to_range(&self) -> VersionRange {
        let start = Some(self.clone()).filter(|_| !self.matcher.is_upper());
        let end = Some(self.clone()).filter(|_| !self.matcher.is_lower());
        VersionRange { start, end }
    }
}

impl fmt::Display for VersionSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.numbers;
        write!(f, "{}{major}.{minor}.{patch}", self.matcher.symbol())?;
        if let Some(prerelease) = &self.prerelease {
            write!(f, "-{prerelease}")?;
        }
        match &self.build {
            Some(build) => write!(f, "+{build}"),
            None => Ok(()),
        }
    }
}

/// Numbers are below words; of two that begin alike the shorter text is the lower one.
fn prerelease_order(a: &str, b: &str) -> Ordering {
    let part = |text: &str| text.parse::<u64>().ok();
    for (x, y) in a.split('.').zip(b.split('.')) {
        let order = match (part(x), part(y)) {
            (Some(x), Some(y)) => x.cmp(&y),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => x.cmp(y),
        };
        if order.is_ne() {
            return order;
        }
    }
    a.len().cmp(&b.len())
}

/// What several requirements leave: a lower and an upper limit, either of which may be missing. An exact version is
/// both at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionRange {
    start: Option<VersionSpec>,
    end: Option<VersionSpec>,
}

/// Which end of a range is looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Lower,
    Upper,
}

impl VersionRange {
    /// The part that two ranges share; none if there is none.
    fn reduce(&self, other: &VersionRange) -> Option<VersionRange> {
        let reduced = match (&self.start, &other.start) {
            (Some(a), Some(b)) if a.is_exact() && b.is_exact() => {
                let same = Some(a.clone()).filter(|_| a.order(b).is_eq())?;
                VersionRange { start: Some(same.clone()), end: Some(same) }
            }
            (a, b) => VersionRange {
                start: combine(a.as_ref(), b.as_ref(), End::Lower)?,
                end: combine(self.end.as_ref(), other.end.as_ref(), End::Upper)?,
            },
        };
        let crossed = matches!((&reduced.start, &reduced.end), (Some(start), Some(end)) if start.order(end).is_gt());
        Some(reduced).filter(|_| !crossed)
    }

    fn limits(&self) -> impl Iterator<Item = &VersionSpec> {
        self.start.iter().chain(&self.end)
    }
}

/// The narrower of two limits at the same end; the outer None says that they exclude each other.
fn combine(a: Option<&VersionSpec>, b: Option<&VersionSpec>, end: End) -> Option<Option<VersionSpec>> {
    let (Some(a), Some(b)) = (a, b) else { return Some(a.or(b).cloned()) };
    let (limit, exact) = match (a.is_exact(), b.is_exact()) {
        (false, false) => {
            let second_is_narrower = a.order(b) == if end == End::Lower { Ordering::Less } else { Ordering::Greater };
            return Some(Some(if second_is_narrower { b } else { a }.clone()));
        }
        (true, _) => (b, a),
        (false, true) => (a, b),
    };
    let admitted = match (limit.order(exact), end) {
        (Ordering::Less, End::Lower) | (Ordering::Greater, End::Upper) => true,
        (Ordering::Equal, End::Lower) => limit.matcher == Matcher::GreaterOrEqual,
        (Ordering::Equal, End::Upper) => limit.matcher == Matcher::LessOrEqual,
        _ => false,
    };
    admitted.then(|| Some(exact.clone()))
}

impl fmt::Display for VersionRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let limits: Vec<String> = self.limits().map(VersionSpec::to_string).collect();
        f.write_str(if limits.is_empty() { "ANY".to_owned() } else { limits.join(", ") }.as_str())
    }
}

/// What all requirements together leave.
///
/// # Errors
/// They exclude each other; the text names them, in dbt's words.
pub fn reduce(specs: &[VersionSpec]) -> std::result::Result<VersionRange, String> {
    let Some((last, rest)) = specs.split_last() else { return Ok(VersionRange { start: None, end: None }) };
    rest.iter().try_fold(last.to_range(), |range, spec| range.reduce(&spec.to_range())).ok_or_else(|| {
        let options: Vec<String> = specs.iter().map(VersionSpec::to_string).collect();
        format!("Could not find a satisfactory version from options: {}", repr_texts(&options))
    })
}

/// Whether any version at all can satisfy every requirement.
pub fn satisfiable(specs: &[VersionSpec]) -> bool {
    specs.len() == 1 || reduce(specs).is_ok()
}

/// Whether `version` satisfies every requirement.
pub fn admitted(version: &VersionSpec, specs: &[VersionSpec]) -> bool {
    let all: Vec<VersionSpec> = std::iter::once(version).chain(specs).cloned().collect();
    satisfiable(&all)
}

/// The versions that may be installed, lowest first; pre-releases only where they are asked for.
///
/// # Errors
/// One of the texts is not a version.
pub fn installable<'a>(versions: &[&'a str], prereleases: bool) -> Result<Vec<&'a str>> {
    let mut sorted: Vec<(VersionSpec, &str)> = Vec::with_capacity(versions.len());
    for text in versions {
        let version = VersionSpec::parse(text)?;
        if prereleases || !version.is_prerelease() {
            let place = sorted.partition_point(|(known, _)| version.order(known).is_ge());
            sorted.insert(place, (version, text));
        }
    }
    Ok(sorted.into_iter().map(|(_, text)| text).collect())
}

/// The highest of `versions` in a range; none if none is in it.
///
/// # Errors
/// One of the texts is not a version.
pub fn highest_in<'a>(range: &VersionRange, versions: &[&'a str]) -> Result<Option<&'a str>> {
    let limits: Vec<VersionSpec> = range.limits().cloned().collect();
    let mut highest: Option<(VersionSpec, &str)> = None;
    for text in versions {
        let version = VersionSpec::parse(text)?;
        let higher = highest.as_ref().is_none_or(|(known, _)| known.order(&version).is_lt());
        if higher && (limits.is_empty() || admitted(&version, &limits)) {
            highest = Some((version, text));
        }
    }
    Ok(highest.map(|(_, text)| text))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // A failing look-up is a failing test.
mod tests;
