//! Private packages: `organisation/repository` stands for a repository at a provider of git. The environment may list
//! the repositories that can be reached, with a token for each; without a list the address is the provider's for SSH.

use serde_json::Value as Json;

use crate::error::{Error, Result};

/// Holds a JSON list of objects with `org`, `url`, `token` and `provider`.
const PROVIDER_LIST: &str = "DBT_ENV_PRIVATE_GIT_PROVIDER_INFO";
const PROVIDERS: [&str; 5] = ["github", "gitlab", "azure_active_directory", "azure_devops", "ado"];

/// The address of a private package.
///
/// # Errors
/// The provider is unknown, or no repository of the list fits.
pub fn address(name: &str, provider: Option<&str>) -> Result<String> {
    let list = repositories()?;
    if list.is_empty() {
        return ssh_address(name, provider);
    }
    if let Some(provider) = provider.filter(|provider| !PROVIDERS.contains(provider)) {
        return Err(Error::runtime(format!(
            "Invalid provider '{provider}'. Valid providers: {}",
            PROVIDERS.join(", ")
        )));
    }
    let Some(wanted) = Parts::of(name, provider.is_some_and(is_legacy)) else {
        return Err(Error::runtime(format!(
            "The private package '{name}' must be named as organisation/repository, with groups between them if there \
             are any."
        )));
    };
    list.iter().find_map(|repository| repository.address(&wanted, provider)).ok_or_else(|| {
        let provider = provider.map_or("None".to_owned(), str::to_owned);
        Error::runtime(format!("No matching Git URLs for private definition {name} with provider {provider}"))
            .hint(format!("The repositories that can be reached stand in the environment variable {PROVIDER_LIST}."))
    })
}

fn ssh_address(name: &str, provider: Option<&str>) -> Result<String> {
    match provider.filter(|provider| !provider.is_empty()).unwrap_or("github") {
        "github" => Ok(format!("git@github.com:{name}.git")),
        "gitlab" => Ok(format!("git@gitlab.com:{name}.git")),
        ado @ ("ado" | "azure_devops") if name.split('/').count() < 3 => Err(Error::runtime(format!(
            "The '{ado}' provider requires org/project/repo format (3 parts), got: '{name}'"
        ))),
        "ado" | "azure_devops" => Ok(format!("git@ssh.dev.azure.com:v3/{name}")),
        _ => Err(Error::runtime(format!(
            "Invalid private package configuration: '{name}' provider: '{}'. Valid providers are: github, gitlab, ado, \
             azure_devops",
            provider.unwrap_or_default()
        ))),
    }
}

/// Providers of the time when a package's name left the project out.
fn is_legacy(provider: &str) -> bool {
    matches!(provider, "azure_active_directory" | "azure_devops")
}

fn is_ado(provider: &str) -> bool {
    provider == "ado" || is_legacy(provider)
}

/// A name or a path in its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Parts {
    organisation: String,
    group: String,
    repository: String,
    legacy: bool,
}

impl Parts {
    fn of(path: &str, legacy: bool) -> Option<Parts> {
        let (organisation, rest) = path.split_once('/')?;
        let (group, repository) = rest.rsplit_once('/').unwrap_or(("", rest));
        let own = str::to_owned;
        Some(Parts { organisation: own(organisation), group: own(group), repository: own(repository), legacy })
    }

    /// Legacy names leave the group out; then it does not count.
    fn fits(&self, other: &Parts) -> bool {
        let counts = match (self.legacy, other.legacy) {
            (true, true) => false,
            (true, false) => !other.group.is_empty(),
            (false, true) => !self.group.is_empty(),
            (false, false) => true,
        };
        self.organisation == other.organisation
            && alike(&self.repository, &other.repository, &["{repo}"])
            && (!counts || alike(&self.group, &other.group, &["{group}", "{project}"]))
    }
}

/// Equal, or one is a placeholder for the other.
fn alike(a: &str, b: &str, placeholders: &[&str]) -> bool {
    a == b || (placeholders.contains(&a) && !b.is_empty()) || (placeholders.contains(&b) && !a.is_empty())
}

/// One entry of the list.
struct Repository {
    organisation: String,
    url: String,
    token: String,
    provider: String,
}

fn repositories() -> Result<Vec<Repository>> {
    let text = std::env::var(PROVIDER_LIST).unwrap_or_default();
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let wrong = |why: &str| Error::runtime(format!("The environment variable {PROVIDER_LIST} {why}."));
    let list: Json = serde_json::from_str(&text).map_err(|error| wrong(&format!("is not JSON: {error}")))?;
    let entries = list.as_array().ok_or_else(|| wrong("must hold a JSON list"))?;
    let read = |entry: &Json| {
        let text = |key: &str| entry.get(key).and_then(Json::as_str).map(str::to_owned);
        Some(Repository {
            organisation: text("org")?,
            url: text("url")?,
            token: text("token")?,
            provider: text("provider").filter(|provider| PROVIDERS.contains(&provider.as_str()))?,
        })
    };
    entries
        .iter()
        .map(|entry| read(entry).ok_or_else(|| wrong("has an entry without org, url, token or a known provider")))
        .collect()
}

impl Repository {
    /// The address with the token in it, if this is the repository that is wanted.
    fn address(&self, wanted: &Parts, provider: Option<&str>) -> Option<String> {
        let same = |provider| provider == self.provider || (is_ado(provider) && is_ado(&self.provider));
        let legacy = is_legacy(&self.provider);
        let short_ado = legacy && provider == Some("ado") && wanted.group.is_empty();
        let fits = || {
            let path = self.path();
            let path = if is_ado(&self.provider) { path.replace("/_git/", "/") } else { path.to_owned() };
            Parts::of(&path, legacy).is_some_and(|parts| parts.fits(wanted))
        };
        if self.organisation != wanted.organisation || !provider.is_none_or(same) || short_ado || !fits() {
            return None;
        }
        let placed = self.url.replace("{token}", &self.token).replace("{repo}", &wanted.repository);
        Some(placed.replace("{group}", &wanted.group).replace("{project}", &wanted.group))
    }

    /// The path of the URL without its first slash and `.git`.
    fn path(&self) -> &str {
        let path = match self.url.split_once("://") {
            Some((_, rest)) => rest.split_once('/').map_or("", |(_, path)| path),
            None => self.url.strip_prefix('/').unwrap_or(&self.url),
        };
        let path = path.split(['?', '#']).next().unwrap_or_default();
        path.strip_suffix(".git").unwrap_or(path)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // A failing look-up is a failing test.
mod tests {
    use super::*;

    fn resolved(url: &str, provider: &str, name: &str, asked: Option<&str>) -> Option<String> {
        let repository = Repository {
            organisation: "org".to_owned(),
            url: url.to_owned(),
            token: "t".to_owned(),
            provider: provider.to_owned(),
        };
        repository.address(&Parts::of(name, asked.is_some_and(is_legacy)).unwrap(), asked)
    }

    #[test]
    fn addresses_for_ssh_are_the_providers() {
        assert_eq!(ssh_address("o/r", None).unwrap(), "git@github.com:o/r.git");
        assert_eq!(ssh_address("o/r", Some("gitlab")).unwrap(), "git@gitlab.com:o/r.git");
        assert_eq!(ssh_address("o/p/r", Some("ado")).unwrap(), "git@ssh.dev.azure.com:v3/o/p/r");
        assert!(ssh_address("o/r", Some("ado")).is_err());
        assert!(ssh_address("o/r", Some("svn")).is_err());
    }

    /// Answers of dbt's `PrivatePackageHelper`.
    #[test]
    fn finds_repositories_as_dbt_does() {
        let github = "https://{token}@github.com/org/{repo}.git";
        assert_eq!(resolved(github, "github", "org/a", None).unwrap(), "https://t@github.com/org/a.git");
        assert_eq!(resolved(github, "github", "org/a", Some("gitlab")), None);
        assert_eq!(resolved(github, "github", "other/a", None), None);
        assert_eq!(resolved(github, "github", "org/g/a", None), None);
        let gitlab = "https://x/org/{group}/{repo}.git";
        assert_eq!(resolved(gitlab, "gitlab", "org/g/h/a", None).unwrap(), "https://x/org/g/h/a.git");
        assert_eq!(resolved(gitlab, "gitlab", "org/a", None), None);
        let ado = "https://x/org/{project}/_git/{repo}";
        assert_eq!(resolved(ado, "ado", "org/p/a", Some("azure_devops")).unwrap(), "https://x/org/p/_git/a");
        assert_eq!(resolved(ado, "ado", "org/a", Some("ado")), None);
        let legacy = "https://x/org/p/_git/{repo}";
        assert_eq!(resolved(legacy, "azure_devops", "org/a", None).unwrap(), "https://x/org/p/_git/a");
        assert_eq!(resolved(legacy, "azure_devops", "org/a", Some("ado")), None);
        assert_eq!(resolved(legacy, "azure_devops", "org/q/a", None), None);
    }
}
