//! Versions as dbt reads and compares them; the expectations are answers of `dbt_common.semver`.

use super::*;

fn specs(texts: &[&str]) -> Vec<VersionSpec> {
    texts.iter().map(|text| VersionSpec::parse(text).unwrap()).collect()
}

#[test]
fn reads_what_dbt_reads() {
    for (text, read) in [
        (">=1.3.0", ">=1.3.0"),
        ("1.0.0rc1", "=1.0.0-rc1"),
        ("1.0.01", "=1.0.0-1"),
        ("1.0.0-", "=1.0.0--"),
        ("1.2.3+build.5", "=1.2.3+build.5"),
        ("=1.2.3-a.1+x\n", "=1.2.3-a.1+x"),
    ] {
        assert_eq!(VersionSpec::parse(text).unwrap().to_string(), read, "{text}");
    }
    for bad in ["x", "1.0", " <2.0.0", "01.0.0", "1.0.0 ", "", "==1.0.0", "1.0.0-a..b", "^1.0.0", ">=0.9.0,<2.0.0"] {
        assert!(VersionSpec::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn admits_versions_as_dbt_does() {
    let installed = VersionSpec::parse("1.12.6").unwrap();
    assert!(admitted(&installed, &specs(&[">=1.3.0", "<2.0.0"])));
    assert!(!admitted(&installed, &specs(&[">2.0.0"])));
    assert!(!admitted(&VersionSpec::parse("2.0.0-rc1").unwrap(), &specs(&["<2.0.0"])));
    assert!(admitted(&VersionSpec::parse("2.0.0-rc1").unwrap(), &specs(&["<=2.0.0"])));
    assert!(!satisfiable(&specs(&[">2.0.0", "<1.0.0"])));
    assert!(satisfiable(&specs(&[">=1.0.0", "<=1.0.0"])));
    assert!(!satisfiable(&specs(&[">1.0.0", "<=1.0.0"])));
}

#[test]
fn reduces_requirements_as_dbt_does() {
    let reduced = |texts: &[&str]| reduce(&specs(texts)).map(|range| range.to_string());
    assert_eq!(reduced(&[]).unwrap(), "ANY");
    assert_eq!(reduced(&["1.0.0"]).unwrap(), "=1.0.0, =1.0.0");
    assert_eq!(reduced(&[">=1.0.0", ">1.0.0", "<3.0.0", "<=2.0.0"]).unwrap(), ">1.0.0, <=2.0.0");
    assert_eq!(reduced(&[">=1.0.0", "1.0.0"]).unwrap(), "=1.0.0, =1.0.0");
    assert_eq!(
        reduced(&[">1.0.0", "=0.9.0"]).unwrap_err(),
        "Could not find a satisfactory version from options: ['>1.0.0', '=0.9.0']"
    );
}

#[test]
fn picks_the_highest_version_as_dbt_does() {
    let all = ["1.0.0", "0.9.0", "1.2.0-rc1", "1.1.0", "1.0.0-a10", "1.0.0-a2", "1.10.0"];
    assert_eq!(installable(&all, false).unwrap(), ["0.9.0", "1.0.0", "1.1.0", "1.10.0"]);
    let with_prereleases = ["0.9.0", "1.0.0-a10", "1.0.0-a2", "1.0.0", "1.1.0", "1.2.0-rc1", "1.10.0"];
    assert_eq!(installable(&all, true).unwrap(), with_prereleases);
    let pick = |requirements: &[&str]| highest_in(&reduce(&specs(requirements)).unwrap(), &all).unwrap();
    assert_eq!(pick(&["<1.2.0"]), Some("1.1.0"));
    assert_eq!(pick(&["<=1.2.0"]), Some("1.2.0-rc1"));
    assert_eq!(pick(&["<1.0.0"]), Some("0.9.0"));
    assert_eq!(pick(&[]), Some("1.10.0"));
    assert_eq!(pick(&[">2.0.0"]), None);
}
