//! The package hub: an index of names, and for each package a description of its versions.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use serde_json::{Map as JsonMap, Value as Json};

use super::http::{self, Failure};
use super::say;
use crate::error::{Error, ErrorKind, Result, did_you_mean};
use crate::events::Events;
use crate::project::packages::PackageSpec;
use crate::project::values::repr_texts;
use crate::project::version::{self, VersionRange, VersionSpec};
use crate::project::{DBT_VERSION, warn_package_redirect};
use crate::yaml;

const DEFAULT_ADDRESS: &str = "https://hub.getdbt.com/";
const TIMEOUT: Duration = Duration::from_secs(30);

/// A package's versions as the hub lists them, with what it says of each.
type Versions = JsonMap<String, Json>;

/// The hub; what was asked once is remembered.
pub struct Hub<'a> {
    events: &'a Events,
    /// Versions that are not made for this dbt are left out.
    version_check: bool,
    address: String,
    index: OnceCell<Vec<String>>,
    packages: RefCell<HashMap<String, Rc<Versions>>>,
}

/// What the hub says of one version.
#[derive(Debug, Clone)]
pub struct Release {
    /// The project's name.
    pub name: String,
    /// The packages that it asks for in turn.
    pub packages: Vec<PackageSpec>,
    /// Where the archive is.
    pub tarball: String,
}

impl<'a> Hub<'a> {
    /// The hub that `DBT_PACKAGE_HUB_URL` names, else dbt's.
    pub fn new(events: &'a Events, version_check: bool) -> Hub<'a> {
        let named = std::env::var("DBT_PACKAGE_HUB_URL").ok().filter(|address| !address.is_empty());
        Hub {
            events,
            version_check,
            address: named.unwrap_or_else(|| DEFAULT_ADDRESS.to_owned()),
            index: OnceCell::new(),
            packages: RefCell::default(),
        }
    }

    /// The version to install and the latest one that could be.
    ///
    /// # Errors
    /// The hub has no such package, or no version that fits.
    pub fn choose(&self, package: &str, wanted: &[VersionSpec], prereleases: bool) -> Result<(String, String)> {
        self.check_in_index(package)?;
        let range = version::reduce(wanted).map_err(|reason| {
            Error::new(ErrorKind::Runtime, format!("Version error for package {package}: {reason}"))
                .hint("Packages that ask for the same package have to agree on a version of it.")
        })?;
        let versions = self.versions(package)?;
        let mut compatible = Vec::new();
        for (text, release) in versions.iter() {
            if !self.version_check || is_compatible(release)? {
                compatible.push(text.as_str());
            }
        }
        let prereleases = prereleases || wanted.iter().any(VersionSpec::is_prerelease);
        let installable = version::installable(&compatible, prereleases)?;
        match (version::highest_in(&range, &installable)?, installable.last()) {
            (Some(chosen), Some(latest)) => Ok((chosen.to_owned(), (*latest).to_owned())),
            _ => Err(self.no_version(package, &range, &installable)),
        }
    }

    fn no_version(&self, package: &str, range: &VersionRange, installable: &[&str]) -> Error {
        let hidden = if self.version_check {
            "\n  Not shown: package versions incompatible with installed version of dbt-core\n  To include them, run 'dbt \
             --no-version-check deps'"
        } else {
            ""
        };
        Error::runtime(format!(
            "Could not find a matching compatible version for package {package}\n  Requested range: {range}\n  \
             Compatible versions: {}\n{hidden}",
            repr_texts(installable)
        ))
    }

    fn check_in_index(&self, package: &str) -> Result<()> {
        let index = self.index()?;
        if index.iter().any(|known| known == package) {
            return Ok(());
        }
        let error = Error::runtime(format!("Package {package} was not found in the package index"));
        Err(match did_you_mean(package, index.iter().map(String::as_str)) {
            Some(near) => error.hint(format!("Did you mean '{near}'?")),
            None => error.hint(format!("The hub at {} lists the packages that there are.", self.address)),
        })
    }

    fn index(&self) -> Result<&[String]> {
        if let Some(index) = self.index.get() {
            return Ok(index);
        }
        let url = self.url("index");
        let names = http::with_retries(self.events, "the package hub", || {
            let (request, response) = say::INDEX_REQUEST;
            match self.json(&url, request, response)? {
                Json::Array(items) => Ok(items),
                other => Err(Failure::Passing(format!(
                    "Request error: The response type of {} is not valid: {other}",
                    python_class(&other)
                ))),
            }
        })?;
        let names = names.iter().filter_map(|name| name.as_str().map(str::to_owned)).collect();
        Ok(self.index.get_or_init(|| names))
    }

    fn versions(&self, package: &str) -> Result<Rc<Versions>> {
        if let Some(known) = self.packages.borrow().get(package) {
            return Ok(Rc::clone(known));
        }
        let url = self.url(package);
        let mut response = http::with_retries(self.events, "the package hub", || {
            let (request, response) = say::PACKAGE_REQUEST;
            checked(self.json(&url, request, response)?)
        })?;
        self.warn_of_redirect(package, &response)?;
        let versions = match response.remove("versions") {
            Some(Json::Object(versions)) => Rc::new(versions),
            _ => Rc::default(),
        };
        self.packages.borrow_mut().insert(package.to_owned(), Rc::clone(&versions));
        Ok(versions)
    }

    /// The hub names the package that takes the place of another.
    fn warn_of_redirect(&self, package: &str, response: &JsonMap<String, Json>) -> Result<()> {
        let text = |key: &str| response.get(key).and_then(Json::as_str).filter(|text| !text.is_empty());
        if !response.contains_key("redirectnamespace") && !response.contains_key("redirectname") {
            return Ok(());
        }
        let namespace = text("redirectnamespace").or_else(|| text("namespace")).unwrap_or_default();
        let name = text("redirectname").or_else(|| text("name")).unwrap_or_default();
        warn_package_redirect(self.events, package, &format!("{namespace}/{name}"))
    }

    /// What the hub says of one version.
    ///
    /// # Errors
    /// The hub cannot be reached, or does not know the version.
    pub fn release(&self, package: &str, version: &str) -> Result<Release> {
        let versions = self.versions(package)?;
        let wrong = |what: &str| {
            Error::runtime(format!("The hub at {} {what} version {version} of package {package}.", self.address))
                .hint("Run `deps --upgrade` to choose a version anew.")
        };
        let release = versions.get(version).ok_or_else(|| wrong("does not know"))?;
        let text = |path: &str| release.pointer(path).and_then(Json::as_str).map(str::to_owned);
        let listed = release.get("packages").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
        let packages =
            listed.iter().map(|item| PackageSpec::of_hub(&yaml::Node::detached(yaml::from_json(item.clone()))));
        Ok(Release {
            name: text("/name").ok_or_else(|| wrong("gives no name for"))?,
            tarball: text("/downloads/tarball").ok_or_else(|| wrong("gives no archive for"))?,
            packages: packages.collect::<Option<_>>().ok_or_else(|| wrong("lists something that is no package for"))?,
        })
    }

    fn url(&self, name: &str) -> String {
        format!("{}api/v1/{name}.json", self.address)
    }

    fn json(&self, url: &str, request: say::Name, response: say::Name) -> std::result::Result<Json, Failure> {
        let tell = |(name, code, text): say::Name, rest: &str| {
            say::debug(self.events, name, code, format!("{text}: GET {url}{rest}"));
        };
        tell(request, "");
        let bytes = http::get(url, TIMEOUT)?;
        tell(response, " 200");
        serde_json::from_slice(&bytes).map_err(|error| Failure::Passing(format!("{url} is not JSON: {error}")))
    }
}

/// A description of a package that has all that is needed; a hub in trouble has been seen to send others.
fn checked(response: Json) -> std::result::Result<JsonMap<String, Json>, Failure> {
    let wrong = |what: String| Err(Failure::Passing(format!("Request error: Expected {what}")));
    let Json::Object(package) = response else {
        return wrong(format!("a response type of <dict> but got {} instead", python_class(&response)));
    };
    let Some(Json::Object(versions)) = package.get("versions").filter(|_| package.contains_key("name")) else {
        return wrong("the response to contain the keys name and versions".to_owned());
    };
    let has = |key: &str| versions.values().any(|release| release.get(key).is_some());
    match ["name", "packages", "downloads"].into_iter().find(|key| !has(key)) {
        Some(missing) => wrong(format!("the response for the version to contain the key {missing}")),
        None => Ok(package),
    }
}

fn python_class(value: &Json) -> &'static str {
    match value {
        Json::Null => "<class 'NoneType'>",
        Json::Bool(_) => "<class 'bool'>",
        Json::Number(_) => "<class 'int'>",
        Json::String(_) => "<class 'str'>",
        Json::Array(_) => "<class 'list'>",
        Json::Object(_) => "<class 'dict'>",
    }
}

/// Whether a version is made for the dbt whose behaviour this is; one that says nothing is.
fn is_compatible(release: &Json) -> Result<bool> {
    let required: Vec<&str> = match release.get("require_dbt_version") {
        Some(Json::String(one)) if !one.is_empty() => vec![one],
        Some(Json::Array(several)) => several.iter().filter_map(Json::as_str).collect(),
        _ => Vec::new(),
    };
    let required = required.into_iter().map(VersionSpec::parse).collect::<Result<Vec<_>>>()?;
    Ok(required.is_empty() || version::admitted(&VersionSpec::parse(DBT_VERSION)?, &required))
}
