//! Options of external files: what `COPY ... TO` is told, and where the written files are read from.

use super::values::field;
use crate::jinja::value::{Dict, py_str};
use crate::jinja::{MjError, Value};

/// Adds what the location implies to the options, in place, and gives them as `COPY` takes them.
///
/// # Errors
/// `options` is no dict.
pub(super) fn write_options(location: &str, options: &Value) -> Result<String, MjError> {
    let Some(options) = options.downcast_object_ref::<Dict>() else {
        return Err(crate::jinja::PyError::type_error("external_write_options() takes a dict as `rendered_options`"));
    };
    if options.get("format").is_none() {
        add_format(location, options);
    }
    let format = options.get("format").map(|format| py_str(&format)).unwrap_or_default();
    if format == "csv" && options.get("header").is_none() {
        options.set("header", Value::from(1));
    }
    if let Some(columns) = options.get("partition_by").map(|columns| py_str(&columns))
        && columns.contains(',')
        && !columns.starts_with('(')
    {
        options.set("partition_by", Value::from(format!("({columns})")));
    }
    let shown: Vec<String> = options.pairs().iter().map(|(key, value)| option(&py_str(key), &py_str(value))).collect();
    Ok(shown.join(", "))
}

/// The format comes from the file's ending, before the ending of a compressed file.
fn add_format(location: &str, options: &Dict) {
    let (root, ending) = split_ending(location);
    let compression = match ending.to_lowercase().as_str() {
        ".gz" => Some("gzip"),
        ".zst" => Some("zstd"),
        _ => None,
    };
    let ending = if compression.is_some() { split_ending(root).1 } else { ending };
    if let Some(format) = ending.to_lowercase().strip_prefix('.') {
        options.set("format", Value::from(format));
        if let Some(compression) = compression
            && options.get("compression").is_none()
        {
            options.set("compression", Value::from(compression));
        }
    } else {
        let csv = options.get("delimiter").is_some();
        options.set("format", Value::from(if csv { "csv" } else { "parquet" }));
    }
}

/// Python's `os.path.splitext`: dots at the beginning of a file's name start no ending.
fn split_ending(path: &str) -> (&str, &str) {
    let start = path.rfind('/').map_or(0, |at| at + 1);
    let name = &path[start..];
    let bare = name.trim_start_matches('.');
    match bare.rfind('.') {
        Some(at) => path.split_at(start + name.len() - bare.len() + at),
        None => (path, ""),
    }
}

fn option(key: &str, value: &str) -> String {
    let quoted = ["delimiter", "quote", "escape", "null"].contains(&key.to_lowercase().as_str());
    if quoted && !value.starts_with('\'') { format!("{key} '{value}'") } else { format!("{key} {value}") }
}

/// Where files written to `location` are read: below it, one folder for each partition column.
pub(super) fn read_location(location: &str, options: &Value) -> String {
    let given = |key: &str| field(options, key).filter(Value::is_true);
    let partitions = given("partition_by").map(|columns| py_str(&columns).split(',').count());
    if partitions.is_none() && given("per_thread_output").is_none() {
        return location.to_owned();
    }
    let folders = "/*".repeat(partitions.unwrap_or(0));
    format!("{location}/*{folders}.{}", field(options, "format").map_or("parquet".to_owned(), |format| py_str(&format)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn options(pairs: &[(&str, &str)]) -> Value {
        Dict::from_pairs(pairs.iter().map(|(key, value)| (*key, Value::from(*value))))
    }

    #[test]
    fn takes_the_format_from_the_location() {
        assert_eq!(write_options("a/b.csv.GZ", &options(&[])).unwrap(), "format csv, compression gzip, header 1");
        assert_eq!(write_options("a/b", &options(&[])).unwrap(), "format parquet");
        assert_eq!(
            write_options("a", &options(&[("delimiter", "|"), ("partition_by", "x, y")])).unwrap(),
            "delimiter '|', partition_by (x, y), format csv, header 1"
        );
    }

    #[test]
    fn reads_partitions_below_the_location() {
        assert_eq!(read_location("a", &options(&[("partition_by", "x,y")])), "a/*/*/*.parquet");
        assert_eq!(read_location("a.csv", &options(&[("format", "csv")])), "a.csv");
    }
}
