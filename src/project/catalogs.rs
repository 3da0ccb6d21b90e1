//! `catalogs.yml`: where other adapters of dbt say in which catalogs they write. dbt-duckdb knows no kind of them, so a
//! project that names one cannot run; its databases are attached in the profile.

use std::path::Path;

use crate::error::{Error, Result};
use crate::yaml::{Map, Node};

use super::file::read_mapping;

const FILE: &str = "catalogs.yml";

/// Reads the catalogs of the project `name` in `root`; what is to be said of the first, if there is one, once the adapter is
/// there to say it.
///
/// # Errors
/// The file is empty or no YAML, or a catalog does not say which of its integrations it writes with.
pub fn unsupported(root: &Path, name: &str) -> Result<Option<Error>> {
    let path = root.join(FILE);
    if !path.is_file() {
        return Ok(None);
    }
    let file = read_mapping(&path)?;
    if file.is_empty() {
        let path = path.display();
        return Err(Error::parsing(format!(
            "Error reading {name}: {FILE} - Runtime Error\n  The file at {path} is empty"
        )));
    }
    let catalogs = file.get("catalogs").and_then(Node::as_seq).unwrap_or_default();
    let kinds = catalogs.iter().filter_map(Node::as_map).map(written_kind).collect::<Result<Vec<String>>>()?;
    Ok(kinds.first().map(|kind| {
        Error::runtime(format!("Catalog type is not supported.\nReceived: {kind}\nExpected one of: "))
            .hint(format!("DuckDB's databases are attached in the profile: use `attach`, and take {FILE} away."))
    }))
}

/// The type of the integration that a catalog writes with.
fn written_kind(catalog: &Map) -> Result<String> {
    let text = |map: &Map, key: &str| map.get(key).and_then(Node::as_str).unwrap_or_default().to_owned();
    let name = text(catalog, "name");
    let integrations = catalog.get("write_integrations").and_then(Node::as_seq).unwrap_or_default();
    let integrations: Vec<&Map> = integrations.iter().filter_map(Node::as_map).collect();
    let must = format!("Catalog '{name}' must specify an 'active_write_integration'");
    let active = text(catalog, "active_write_integration");
    if active.is_empty() {
        return match integrations[..] {
            [only] => Ok(text(only, "catalog_type")),
            _ => Err(Error::runtime(format!("{must} when multiple 'write_integrations' are provided."))),
        };
    }
    let chosen = integrations.iter().find(|integration| text(integration, "name") == active);
    chosen.map(|integration| text(integration, "catalog_type")).ok_or_else(|| {
        let names: Vec<String> = integrations.iter().map(|one| format!("'{}'", text(one, "name"))).collect();
        let names = names.join(", ");
        Error::runtime(format!("{must} from its set of defined 'write_integrations': [{names}]. Got: '{active}'."))
    })
}
