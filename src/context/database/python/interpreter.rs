//! Which Python runs the models: the profile's, else that of RDBT_PYTHON, of a virtual environment, or on the PATH.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// Names of the program below a virtual environment's folder.
const IN_ENVIRONMENT: [&str; 2] = ["bin/python", "Scripts/python.exe"];

/// A Python and where its name came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Interpreter {
    pub path: PathBuf,
    origin: &'static str,
}

impl Interpreter {
    /// The interpreter to use in this environment, for a project in `project`.
    ///
    /// # Errors
    /// The profile or the environment names one that does not exist, or there is none at all.
    pub fn find(profile: Option<&str>, project: &Path) -> Result<Interpreter> {
        let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let named = profile
            .map(|name| (PathBuf::from(name), "`python_interpreter` in the profile"))
            .or_else(|| variable("RDBT_PYTHON").map(|name| (name, "the environment variable RDBT_PYTHON")));
        let folders: Vec<PathBuf> =
            variable("PATH").map(|path| std::env::split_paths(&path).collect()).unwrap_or_default();
        if let Some((name, origin)) = named {
            return Self::named(&name, origin, &folders);
        }
        let active = variable("VIRTUAL_ENV").map(|folder| (folder, "the active virtual environment"));
        let beside = [".venv", "venv"].map(|folder| (project.join(folder), "the project's virtual environment"));
        for (folder, origin) in active.into_iter().chain(beside) {
            if let Some(path) = IN_ENVIRONMENT.iter().map(|name| folder.join(name)).find(|path| path.is_file()) {
                return Ok(Interpreter { path, origin });
            }
        }
        ["python3", "python"].iter().find_map(|name| on_path(Path::new(name), &folders)).ok_or_else(|| {
            Error::runtime("The model is written in Python, and there is no Python interpreter on the PATH.").hint(
                "Install Python with the package `duckdb`, or name an interpreter in the environment variable \
                 RDBT_PYTHON or under `python_interpreter` in the profile.",
            )
        })
    }

    fn named(name: &Path, origin: &'static str, folders: &[PathBuf]) -> Result<Interpreter> {
        let found = match name.components().count() {
            1 => on_path(name, folders).map(|found| found.path),
            _ => Some(name.to_owned()).filter(|path| path.is_file()),
        };
        found.map(|path| Interpreter { path, origin }).ok_or_else(|| {
            Error::runtime(format!("The Python interpreter `{}` of {origin} does not exist.", name.display()))
                .hint("Give the path of a Python that has the package `duckdb`.")
        })
    }
}

impl fmt::Display for Interpreter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`, the interpreter of {}", self.path.display(), self.origin)
    }
}

fn on_path(name: &Path, folders: &[PathBuf]) -> Option<Interpreter> {
    let path = folders.iter().map(|folder| folder.join(name)).find(|path| path.is_file())?;
    Some(Interpreter { path, origin: "the PATH" })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_profile_comes_first_and_must_exist() {
        let folder = tempfile::tempdir().unwrap();
        let python = folder.path().join("my_python");
        std::fs::write(&python, "").unwrap();
        let found = Interpreter::find(python.to_str(), folder.path()).unwrap();
        assert_eq!(found.path, python);
        assert!(found.to_string().ends_with("the interpreter of `python_interpreter` in the profile"));
        let missing = Interpreter::find(Some("/no/such/python"), folder.path()).unwrap_err();
        assert_eq!(
            missing.message,
            "The Python interpreter `/no/such/python` of `python_interpreter` in the profile does not exist."
        );
    }

    #[test]
    fn a_bare_name_is_looked_for_on_the_path() {
        let folder = tempfile::tempdir().unwrap();
        let python = folder.path().join("python9");
        std::fs::write(&python, "").unwrap();
        let folders = vec![folder.path().join("none"), folder.path().to_owned()];
        assert_eq!(Interpreter::named(Path::new("python9"), "a test", &folders).unwrap().path, python);
        assert!(Interpreter::named(Path::new("python8"), "a test", &folders).is_err());
    }
}
