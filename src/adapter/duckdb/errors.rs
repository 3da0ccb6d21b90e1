//! What DuckDB's messages mean for rdbt: which are worth another attempt, which a person can mend, and how.

use crate::adapter::{AdapterError, AdapterErrorKind};

/// The error for a message of DuckDB's, classified and with a way to mend it where there is one.
pub(super) fn classify(message: String) -> AdapterError {
    let kind = kind_of(&message);
    let hint = hint_for(&message);
    AdapterError { message, kind, hint }
}

/// The error for a failure of the `duckdb` crate.
pub(super) fn from_crate(error: &duckdb::Error) -> AdapterError {
    match error {
        duckdb::Error::DuckDBFailure(_, Some(message)) => classify(message.clone()),
        duckdb::Error::InvalidParameterCount(_, expected) => classify(format!(
            "Invalid Input Error: Values were not provided for the following prepared statement parameters: {}",
            (1..=*expected).map(|number| number.to_string()).collect::<Vec<_>>().join(", ")
        )),
        duckdb::Error::NulError(_) => classify(
            "Invalid Input Error: The statement holds a NUL character, which DuckDB cannot read. Remove it.".to_owned(),
        ),
        other => classify(other.to_string()),
    }
}

/// DuckDB's exception class of a message, under the name that profiles list in `retryable_exceptions`.
pub(super) fn exception_class(message: &str) -> String {
    let family = message.split_once(" Error:").map_or("", |(family, _)| family);
    match family {
        "TransactionContext" => "TransactionException".to_owned(),
        "INTERRUPT" => "InterruptException".to_owned(),
        "Out of Memory" => "OutOfMemoryException".to_owned(),
        other => format!("{}Exception", other.replace(' ', "")),
    }
}

fn kind_of(message: &str) -> AdapterErrorKind {
    let lower = message.to_lowercase();
    if message.starts_with("INTERRUPT Error") {
        return AdapterErrorKind::Interrupted;
    }
    if message.starts_with("Out of Memory Error") || lower.contains("no space left on device") {
        return AdapterErrorKind::OutOfMemory;
    }
    if message.starts_with("Transaction") && lower.contains("conflict") {
        return AdapterErrorKind::TransactionConflict;
    }
    if lower.contains("could not set lock on file") || message.starts_with("Connection Error") || is_fatal(message) {
        return AdapterErrorKind::Connection;
    }
    AdapterErrorKind::Statement
}

/// After a fatal error DuckDB refuses every statement until the database is opened anew.
fn is_fatal(message: &str) -> bool {
    message.starts_with("FATAL Error")
}

fn hint_for(message: &str) -> Option<String> {
    if message.contains("Could not set lock on file") {
        return Some(
            "Another program has this database open. Close it or wait until it is done, \
             or let rdbt wait: `retries: {connect_attempts: 5}` in the profile."
                .to_owned(),
        );
    }
    if message.contains("No space left on device") {
        return Some(
            "The disk is full. Free space on it, or move the database (`path` in the profile) or the files of large \
             queries (`temp_directory` under `settings`) to another one."
                .to_owned(),
        );
    }
    if is_download_failure(message) {
        return Some(missing_extension(message));
    }
    None
}

/// Where DuckDB looked for an extension, and how it can be had.
fn missing_extension(message: &str) -> String {
    // The message has the address of the file, which ends as its place in the folder does: version, platform, name.
    let address = message.split('"').find(|part| part.contains(".duckdb_extension")).unwrap_or_default();
    let mut parts = address.rsplit('/').skip(1);
    let folder = match (parts.next(), parts.next()) {
        (Some(platform), Some(version)) => format!("/{version}/{platform}"),
        _ => String::new(),
    };
    format!(
        "The extension is not on this machine: DuckDB looked for it in `~/.duckdb/extensions{folder}`, or in the folder that \
         `extension_directory` under `config_options` of the profile names. Install it while there is a network connection \
         (`INSTALL name;` in any DuckDB of the same version), put its file into that folder, or give the path of the file \
         under `extensions` of the profile."
    )
}

fn is_download_failure(message: &str) -> bool {
    message.contains("Failed to download extension")
        || message.contains("An error occurred while trying to automatically install the required extension")
        || message.contains("Install it first using")
}

/// The error for a database file that could not be opened; explains what DuckDB's message leaves out.
pub(super) fn on_open(path: &str, message: String) -> AdapterError {
    let folder = std::path::Path::new(path).parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut error = classify(message);
    error.kind = AdapterErrorKind::Connection;
    if error.hint.is_some() {
        return error;
    }
    if let Some(folder) = folder.filter(|folder| !folder.exists()) {
        error.hint = Some(format!(
            "The folder `{}` does not exist. Create it, or correct `path` in the profile.",
            folder.display()
        ));
    } else if ["Operation not permitted", "Permission denied"].iter().any(|why| error.message.contains(why)) {
        error.hint = Some(format!(
            "This user may not write to `{path}`. Change its permissions, or correct `path` in the profile."
        ));
    } else if error.message.contains("Is a directory") {
        error.hint = Some(format!("`{path}` is a folder. Give `path` in the profile the name of a file."));
    } else if error.message.contains("not a valid DuckDB database file") {
        error.hint = Some(format!("`{path}` is another kind of file. Correct `path` in the profile."));
    }
    error
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn tells_conflicts_from_other_transaction_errors() {
        let conflict = "TransactionContext Error: Catalog write-write conflict on alter with \"a\"";
        assert_eq!(kind_of(conflict), AdapterErrorKind::TransactionConflict);
        let aborted = "TransactionContext Error: Current transaction is aborted (please ROLLBACK)";
        assert_eq!(kind_of(aborted), AdapterErrorKind::Statement);
        assert_eq!(kind_of("Out of Memory Error: failed to allocate"), AdapterErrorKind::OutOfMemory);
        assert_eq!(kind_of("INTERRUPT Error: Interrupted!"), AdapterErrorKind::Interrupted);
        assert_eq!(kind_of("Catalog Error: Table with name conflict does not exist!"), AdapterErrorKind::Statement);
    }

    #[test]
    fn says_where_an_extension_was_looked_for() {
        let message = "IO Error: Failed to download extension \"sqlite_scanner\" at URL \
                       \"http://localhost/v1.5.6/linux_amd64/sqlite_scanner.duckdb_extension.gz\"\n(ERROR)";
        let hint = hint_for(message).unwrap();
        assert!(hint.contains("looked for it in `~/.duckdb/extensions/v1.5.6/linux_amd64`, or"), "{hint}");
    }

    #[test]
    fn names_exception_classes_as_python_does() {
        assert_eq!(exception_class("IO Error: Could not set lock"), "IOException");
        assert_eq!(exception_class("Out of Memory Error: x"), "OutOfMemoryException");
        assert_eq!(exception_class("TransactionContext Error: x"), "TransactionException");
    }
}
