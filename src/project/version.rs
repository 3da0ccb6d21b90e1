//! Version requirements (`require-dbt-version`) in dbt's reading of semantic versions.

use std::cmp::Ordering;
use std::fmt;

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
    fn split(text: &str) -> (Matcher, &str) {
        const PREFIXES: [(&str, Matcher); 5] = [
            (">=", Matcher::GreaterOrEqual),
            ("<=", Matcher::LessOrEqual),
            (">", Matcher::Greater),
            ("<", Matcher::Less),
            ("=", Matcher::Exact),
        ];
        PREFIXES
            .iter()
            .find_map(|(prefix, matcher)| text.strip_prefix(prefix).map(|rest| (*matcher, rest)))
            .unwrap_or((Matcher::Exact, text))
    }

    fn symbol(self) -> &'static str {
        match self {
            Matcher::Exact => "=",
            Matcher::Greater => ">",
            Matcher::GreaterOrEqual => ">=",
            Matcher::Less => "<",
            Matcher::LessOrEqual => "<=",
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

impl VersionSpec {
    /// Reads one requirement.
    ///
    /// # Errors
    /// The text is not a semantic version, in dbt's words.
    pub fn parse(text: &str) -> Result<VersionSpec> {
        Self::read(text).ok_or_else(|| Error::runtime(format!("\"{text}\" is not a valid semantic version.")))
    }

    fn read(text: &str) -> Option<VersionSpec> {
        let (matcher, rest) = Matcher::split(text);
        let (rest, build) = match rest.split_once('+') {
            Some((rest, build)) => (rest, Some(build)),
            None => (rest, None),
        };
        let mut parts = rest.splitn(3, '.');
        let (major, minor, tail) = (parts.next()?, parts.next()?, parts.next()?);
        let digits = tail.find(|c: char| !c.is_ascii_digit()).unwrap_or(tail.len());
        let (patch, prerelease) = tail.split_at(digits);
        let prerelease = prerelease.strip_prefix('-').unwrap_or(prerelease);
        let valid = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '.');
        if !valid(prerelease) || !build.is_none_or(valid) {
            return None;
        }
        Some(VersionSpec {
            matcher,
            numbers: [number(major)?, number(minor)?, number(patch)?],
            prerelease: Some(prerelease).filter(|text| !text.is_empty()).map(str::to_owned),
            build: build.map(str::to_owned),
        })
    }

    /// Which version is newer; comparison signs are not looked at.
    fn order(&self, other: &VersionSpec) -> Ordering {
        self.numbers.cmp(&other.numbers).then_with(|| match (&self.prerelease, &other.prerelease) {
            (None, None) => Ordering::Equal,
            (None, Some(_)) => Ordering::Greater,
            (Some(_), None) => Ordering::Less,
            (Some(a), Some(b)) => prerelease_order(a, b),
        })
    }

    /// Whether `version` satisfies this requirement.
    fn admits(&self, version: &VersionSpec) -> bool {
        let order = version.order(self);
        match self.matcher {
            Matcher::Exact => order.is_eq(),
            Matcher::Greater => order.is_gt(),
            Matcher::GreaterOrEqual => order.is_ge(),
            Matcher::LessOrEqual => order.is_le(),
            // A pre-release of the limit itself is not below the limit: `<2.0.0` keeps `2.0.0-rc1` out.
            Matcher::Less => {
                order.is_lt()
                    && !(version.prerelease.is_some() && self.prerelease.is_none() && version.numbers == self.numbers)
            }
        }
    }

    fn is_lower(&self) -> bool {
        matches!(self.matcher, Matcher::Greater | Matcher::GreaterOrEqual)
    }

    fn is_upper(&self) -> bool {
        matches!(self.matcher, Matcher::Less | Matcher::LessOrEqual)
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

/// A number without leading zeros.
fn number(text: &str) -> Option<u64> {
    let plain = text.chars().all(|c| c.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if plain { text.parse().ok() } else { None }
}

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

/// Whether any version at all can satisfy every requirement.
pub fn satisfiable(specs: &[VersionSpec]) -> bool {
    let exact_fits = specs
        .iter()
        .filter(|spec| spec.matcher == Matcher::Exact)
        .all(|exact| specs.iter().all(|spec| spec.admits(exact)));
    let bounds_fit = specs.iter().filter(|spec| spec.is_lower()).all(|lower| {
        specs.iter().filter(|spec| spec.is_upper()).all(|upper| match lower.order(upper) {
            Ordering::Less => true,
            Ordering::Equal => lower.matcher == Matcher::GreaterOrEqual && upper.matcher == Matcher::LessOrEqual,
            Ordering::Greater => false,
        })
    });
    exact_fits && bounds_fit
}

/// Whether `installed` satisfies every requirement.
pub fn admitted(installed: &VersionSpec, specs: &[VersionSpec]) -> bool {
    specs.iter().all(|spec| spec.admits(installed))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // A failing look-up is a failing test.
mod tests {
    use super::*;

    fn specs(texts: &[&str]) -> Vec<VersionSpec> {
        texts.iter().map(|text| VersionSpec::parse(text).unwrap()).collect()
    }

    #[test]
    fn reads_what_dbt_reads() {
        assert_eq!(VersionSpec::parse(">=1.3.0").unwrap().to_string(), ">=1.3.0");
        assert_eq!(VersionSpec::parse("1.0.0rc1").unwrap().to_string(), "=1.0.0-rc1");
        for bad in ["x", "1.0", " <2.0.0", "01.0.0", "1.0.0 ", ""] {
            assert!(VersionSpec::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn admits_versions_as_dbt_does() {
        let installed = VersionSpec::parse("1.12.6").unwrap();
        assert!(admitted(&installed, &specs(&[">=1.3.0", "<2.0.0"])));
        assert!(!admitted(&installed, &specs(&[">2.0.0"])));
        assert!(!admitted(&VersionSpec::parse("2.0.0-rc1").unwrap(), &specs(&["<2.0.0"])));
        assert!(!satisfiable(&specs(&[">2.0.0", "<1.0.0"])));
        assert!(satisfiable(&specs(&[">=1.0.0", "<=1.0.0"])));
    }
}
