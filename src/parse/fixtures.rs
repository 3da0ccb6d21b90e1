//! Files below `tests/fixtures`, whose rows unit tests use.

use std::collections::HashMap;

use serde_json::{Map as JsonMap, Value as Json};

use super::files::{FileKind, PackageFiles};
use crate::error::{Error, Result};
use crate::manifest::ResourceType;
use crate::parse::duplicates::{Named, duplicate};
use crate::project::Package;

/// Rows of fixtures by (package, name): a list of mappings, or the text of an SQL file.
#[derive(Debug, Default)]
pub struct Fixtures(HashMap<(String, String), Json>);

impl Fixtures {
    /// Reads the fixtures of all packages.
    ///
    /// # Errors
    /// A CSV file is broken, or two fixtures of a package have one name.
    pub fn read(packages: &[(&Package, &PackageFiles)]) -> Result<Self> {
        let mut fixtures = Fixtures::default();
        let mut paths: HashMap<(String, String), String> = HashMap::new();
        for (package, files) in packages {
            for file in files.of(FileKind::Fixture) {
                let key = (package.name.clone(), file.name().to_owned());
                let rows = match !file.relative_path.to_ascii_lowercase().ends_with(".csv") {
                    true => Json::from(&*file.contents),
                    false => csv_rows(&file.contents, &file.original_file_path())?,
                };
                if let Some(known) = paths.insert(key.clone(), file.original_file_path()) {
                    let id = format!("fixture.{}.{}", key.0, key.1);
                    let path = file.original_file_path();
                    return Err(duplicate(
                        Named::new(ResourceType::UnitTest, &key.1, &id, &path),
                        Named::new(ResourceType::UnitTest, &key.1, &id, &known),
                    ));
                }
                fixtures.0.insert(key, rows);
            }
        }
        Ok(fixtures)
    }

    /// The rows of a fixture.
    pub fn get(&self, package: &str, name: &str) -> Option<&Json> {
        self.0.get(&(package.to_owned(), name.to_owned()))
    }
}

/// The rows of a CSV text as mappings from column names to texts. `place` stands in errors.
///
/// # Errors
/// The text is no CSV.
pub fn csv_rows(text: &str, place: &str) -> Result<Json> {
    let broken = |error: csv::Error| Error::parsing(format!("The CSV in {place} cannot be read: {error}."));
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let names: Vec<String> = reader.headers().map_err(broken)?.iter().map(str::to_owned).collect();
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(broken)?;
        let row: JsonMap<String, Json> = names
            .iter()
            .enumerate()
            .map(|(at, name)| (name.clone(), record.get(at).map_or(Json::Null, Json::from)))
            .collect();
        rows.push(Json::Object(row));
    }
    Ok(Json::Array(rows))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rows_of_csv() {
        assert_eq!(
            csv_rows("id,name\n1,a\n2\n", "x").ok(),
            Some(json!([{"id": "1", "name": "a"}, {"id": "2", "name": null}]))
        );
    }
}
