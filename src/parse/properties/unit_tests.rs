//! Unit tests: definitions with their rows brought into one shape, whatever format they are written in.

use serde_json::{Map as JsonMap, Value as Json, json};
use sha2::{Digest, Sha256};

use super::patch::{list, map, text};
use super::shape::{Check, Complaint, Type, check, no_shape, only, require};
use super::{File, Loader};
use crate::error::{Error, Result};
use crate::manifest::{Disabled, ResourceType, UnitTest};
use crate::parse::config::Said;
use crate::parse::duplicates::{Named, add_disabled, duplicate};
use crate::parse::fixtures::csv_rows;
use crate::parse::nodes::fqn_prefix;
use crate::parse::python;
use crate::parse::static_refs::{Reference, parse_reference};

impl Loader<'_> {
    /// Adds the unit tests of a file.
    pub(super) fn load_unit_tests(&mut self, file: &File<'_>) -> Result<()> {
        for entry in file.entries("unit_tests")? {
            let complain =
                |complaint: Complaint| complaint.into_error(&file.path, "unit_tests", &entry.data, entry.line);
            check_unit_test(&entry.data).map_err(complain)?;
            let test = self.unit_test_of(file, &entry.data)?;
            if !test.config.enabled() {
                add_disabled(self.manifest, Disabled::UnitTest(Box::new(test)));
                continue;
            }
            if let Some(known) = self.manifest.unit_tests.get(&test.unique_id) {
                let named = |test: &'_ UnitTest| (test.name.clone(), test.original_file_path.clone());
                let ((name, path), (_, known_path)) = (named(&test), named(known));
                return Err(duplicate(
                    Named::new(ResourceType::UnitTest, &name, &test.unique_id, &path),
                    Named::new(ResourceType::UnitTest, &name, &known.unique_id, &known_path),
                ));
            }
            self.manifest.unit_tests.insert(test.unique_id.clone(), test);
        }
        Ok(())
    }

    fn unit_test_of(&self, file: &File<'_>, data: &JsonMap<String, Json>) -> Result<UnitTest> {
        let (name, model) = (text(data, "name"), text(data, "model"));
        let below = file.path.split_once('/').map_or(file.path.as_str(), |(_, rest)| rest);
        let mut fqn = fqn_prefix(&file.package, below);
        fqn.extend([model.clone(), name.clone()]);
        let config = self.cx.trees.resolve(Said {
            resource_type: ResourceType::UnitTest,
            package: &file.package,
            fqn: &fqn,
            patch: Some(&map(data, "config")),
            call: &JsonMap::new(),
        })?;
        let mut given = Vec::new();
        for input in list(data, "given").iter().filter_map(Json::as_object) {
            let mut shaped = JsonMap::from_iter([("input".to_owned(), Json::from(text(input, "input")))]);
            shaped.extend(self.fixture(file, &name, input, "input")?);
            given.push(shaped);
        }
        let expect = self.fixture(file, &name, &map(data, "expect"), "expected")?;
        let overrides = data.get("overrides").and_then(Json::as_object).map(|overrides| {
            ["macros", "vars", "env_vars"].map(|key| (key.to_owned(), Json::Object(map(overrides, key))))
        });
        let versions = data.get("versions").filter(|versions| !versions.is_null()).map(|versions| {
            let of = |key: &str| versions.get(key).cloned().unwrap_or(Json::Null);
            json!({"include": of("include"), "exclude": of("exclude")})
        });
        let mut test = UnitTest {
            unique_id: format!("unit_test.{}.{model}.{name}", file.package),
            name,
            model,
            package_name: file.package.clone(),
            path: file.relative_path().to_owned(),
            original_file_path: file.path.clone(),
            fqn,
            given,
            expect,
            description: text(data, "description"),
            overrides: overrides.map(JsonMap::from_iter),
            config,
            created_at: self.cx.created_at,
            versions,
            ..UnitTest::default()
        };
        test.checksum = Some(checksum(&test));
        Ok(test)
    }

    /// `rows`, `format` and `fixture` of an input or of what is expected.
    fn fixture(
        &self,
        file: &File<'_>,
        test: &str,
        given: &JsonMap<String, Json>,
        kind: &str,
    ) -> Result<JsonMap<String, Json>> {
        let format = given.get("format").and_then(Json::as_str).unwrap_or("dict").to_owned();
        let rows = given.get("rows").cloned().unwrap_or(Json::Null);
        let fixture = given.get("fixture").and_then(Json::as_str);
        let mismatch = |plural: &str, end: &str| {
            Err(Error::parsing(format!("Unit test {test} has {kind} {plural} which do not match format {format}{end}")))
        };
        let mut rows = match format.as_str() {
            "csv" | "sql" => match (fixture, &rows) {
                (Some(name), _) => self.fixture_rows(file, name)?,
                (None, Json::String(text)) if format == "csv" => csv_rows(text, &file.path)?,
                (None, Json::String(_)) => rows,
                _ => return mismatch("rows or fixtures", ".  Expected string."),
            },
            _ => match rows {
                Json::Null if fixture.is_none() => self.seed_rows(file, &text(given, "input"))?,
                Json::Array(_) => rows,
                _ => return mismatch("rows", ""),
            },
        };
        if format == "csv" {
            empty_to_null(&mut rows);
        }
        if let Json::Array(rows) = &mut rows {
            first_row_without_nulls(rows);
        }
        Ok(JsonMap::from_iter([
            ("rows".to_owned(), rows),
            ("format".to_owned(), Json::from(format)),
            ("fixture".to_owned(), fixture.map_or(Json::Null, Json::from)),
        ]))
    }

    fn fixture_rows(&self, file: &File<'_>, name: &str) -> Result<Json> {
        self.fixtures.get(&file.package, name).cloned().ok_or_else(|| {
            Error::parsing(format!("File not found for fixture '{name}' in unit tests in {}", file.path))
        })
    }

    /// An input without rows is a seed, whose file is read.
    fn seed_rows(&self, file: &File<'_>, input: &str) -> Result<Json> {
        let Some(Reference::Ref(reference)) = parse_reference(input) else {
            return Err(Error::parsing(format!(
                "Unit test given inputs must be either a 'ref', 'source' or 'this' call. Got: '{input}'."
            )));
        };
        let package = reference.package.clone().unwrap_or_else(|| file.package.clone());
        let found = self.refs.find(&reference.name, Some(&package), None)?;
        let seed =
            found.and_then(|id| self.manifest.nodes.get(id)).filter(|node| node.resource_type == ResourceType::Seed);
        let (Some(seed), Some(root)) = (seed, self.cx.package(&file.package)) else {
            let place = match package == file.package {
                true => format!(
                    "in directories: {}",
                    python::repr(&json!(self.cx.package(&package).map(|package| &package.seed_paths)))
                ),
                false => format!("in '{package}' package"),
            };
            return Err(Error::parsing(format!(
                "Unable to find seed '{package}.{}' for unit tests {place}",
                reference.name
            )));
        };
        let text = crate::parse::files::read_text(&root.root.join(&seed.original_file_path))?;
        csv_rows(&text, &seed.original_file_path)
    }
}

/// Checks fields, what else there is, and what is missing, in the order in which dbt's validation does.
fn check_unit_test(data: &JsonMap<String, Json>) -> Check {
    for (name, expected) in [
        ("name", Type::String),
        ("model", Type::String),
        ("given", Type::Objects),
        ("expect", Type::Object),
        ("description", Type::String),
        ("config", Type::Object),
    ] {
        check(data, "", name, expected)?;
    }
    for (index, input) in list(data, "given").iter().filter_map(Json::as_object).enumerate() {
        let place = format!("['given'][{index}]");
        check(input, &place, "input", Type::String)?;
        check_fixture(input, &place, &["input", "rows", "format", "fixture"])?;
        require(input, &place, "input")?;
    }
    if let Some(expect) = data.get("expect").and_then(Json::as_object) {
        check_fixture(expect, "['expect']", &["rows", "format", "fixture"])?;
    }
    let parts = [("overrides", &["macros", "vars", "env_vars"][..]), ("versions", &["include", "exclude"])];
    for (name, known) in parts {
        let Some(value) = data.get(name).filter(|value| !value.is_null()) else { continue };
        if value.as_object().is_none_or(|map| only(map, "", known).is_err()) {
            return Err(no_shape(&format!("['{name}']"), value));
        }
    }
    only(data, "", &["name", "model", "given", "expect", "description", "overrides", "config", "versions"])?;
    ["name", "model", "given", "expect"].into_iter().try_for_each(|name| require(data, "", name))
}

fn check_fixture(fixture: &JsonMap<String, Json>, place: &str, known: &[&str]) -> Check {
    let rows = fixture.get("rows").filter(|rows| !rows.is_null() && !rows.is_string());
    if let Some(rows) = rows
        && !rows.as_array().is_some_and(|rows| rows.iter().all(Json::is_object))
    {
        return Err(no_shape(&format!("{place}['rows']"), rows));
    }
    if let Some(format) = fixture.get("format")
        && !matches!(format.as_str(), Some("dict" | "csv" | "sql"))
    {
        let message = format!("{} is not one of ['csv', 'dict', 'sql']", python::repr(format));
        return Err(Complaint::at(format!("{place}['format']"), message));
    }
    only(fixture, place, known)
}

/// In CSV an empty value is null.
fn empty_to_null(rows: &mut Json) {
    let rows = rows.as_array_mut().into_iter().flatten();
    for value in rows.filter_map(Json::as_object_mut).flat_map(JsonMap::values_mut) {
        if value.as_str() == Some("") {
            *value = Json::Null;
        }
    }
}

/// Engines take a column's type from the first row, so dbt puts a row without nulls first.
fn first_row_without_nulls(rows: &mut [Json]) {
    let complete = |row: &Json| row.as_object().is_some_and(|row| row.values().all(|value| !value.is_null()));
    if let Some(at) = rows.iter().position(complete) {
        rows.swap(0, at);
    }
}

/// A checksum of everything but the description, of the text that Python prints for it.
fn checksum(test: &UnitTest) -> String {
    let given: Vec<String> = test.given.iter().map(|input| printed_fixture("UnitTestInputFixture", input)).collect();
    let versions = test.versions.as_ref().map_or("None".to_owned(), |versions| {
        printed_object("UnitTestNodeVersions", versions.as_object().unwrap_or(&JsonMap::new()))
    });
    let overrides =
        test.overrides.as_ref().map_or("None".to_owned(), |overrides| printed_object("UnitTestOverrides", overrides));
    let mut data = format!(
        "{}-{versions}-[{}]-{}-{overrides}",
        test.model,
        given.join(", "),
        printed_fixture("UnitTestOutputFixture", &test.expect)
    );
    for input in test.given.iter().filter(|input| input.get("fixture").is_some_and(|fixture| !fixture.is_null())) {
        data.push('-');
        data.push_str(&python::text(input.get("rows").unwrap_or(&Json::Null)));
    }
    let mut hasher = Sha256::new();
    hasher.update(data.as_bytes());
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn printed_object(class: &str, fields: &JsonMap<String, Json>) -> String {
    let printed: Vec<String> = fields.iter().map(|(key, value)| format!("{key}={}", python::repr(value))).collect();
    format!("{class}({})", printed.join(", "))
}

fn printed_fixture(class: &str, fields: &JsonMap<String, Json>) -> String {
    let printed: Vec<String> = fields
        .iter()
        .map(|(key, value)| match (key.as_str(), value.as_str()) {
            ("format", Some(format)) => {
                let name = match format {
                    "csv" => "CSV",
                    "sql" => "SQL",
                    _ => "Dict",
                };
                format!("format=<UnitTestFormat.{name}: '{format}'>")
            }
            _ => format!("{key}={}", python::repr(value)),
        })
        .collect();
    format!("{class}({})", printed.join(", "))
}
