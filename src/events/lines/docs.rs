//! Events of `docs generate`.

use crate::events::{Event, Level};

/// `Building catalog`.
pub fn building_catalog() -> Event {
    Event::new("BuildingCatalog", "E044", Level::Info, "Building catalog")
}

/// `Catalog written to /shop/target/catalog.json`.
pub fn catalog_written(path: &str) -> Event {
    Event::new("CatalogWritten", "E042", Level::Info, format!("Catalog written to {path}")).with("path", path)
}

/// A node did not compile.
pub fn cannot_generate_docs() -> Event {
    Event::new("CannotGenerateDocs", "E043", Level::Info, "compile failed, cannot generate docs")
}

/// One database could not be asked; a warning, for the rest of the catalog is written.
pub fn catalog_generation_error(error: &str) -> Event {
    let message = format!("Encountered an error while generating catalog: {error}");
    Event::new("CatalogGenerationError", "E040", Level::Warn, message).with("exc", error)
}

/// How many databases could not be asked.
pub fn write_catalog_failure(number: usize) -> Event {
    let plural = if number == 1 { "" } else { "s" };
    let message = format!("dbt encountered {number} failure{plural} while writing the catalog");
    Event::new("WriteCatalogFailure", "E041", Level::Error, message).with("num_exceptions", number)
}
