//! What `--profile-nodes` leaves in the target folder: `profile.json` for programs, and `profile.html`, a page of the files
//! of `profile/` that holds the same figures and asks for nothing on a network.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::error::Result;
use crate::run::Profile;

use super::file::{Writer, replace};
use super::site::split;

const SHELL: &str = include_str!("profile/shell.html");

const STYLES: [&str; 2] = [include_str!("site/styles/base.css"), include_str!("profile/profile.css")];

/// In the order in which they need each other.
const SCRIPTS: [&str; 8] = [
    include_str!("site/scripts/dom.js"),
    include_str!("profile/format.js"),
    include_str!("profile/model.js"),
    include_str!("profile/overview.js"),
    include_str!("profile/timeline.js"),
    include_str!("profile/table.js"),
    include_str!("profile/details.js"),
    include_str!("profile/main.js"),
];

/// Writes both files; gives the path of the page.
///
/// # Errors
/// A file cannot be written.
pub fn write_profile(target: &Path, profile: &Profile) -> Result<PathBuf> {
    replace(&target.join("profile.json"), |file| serde_json::to_writer(file, profile).map_err(io::Error::from))?;
    let path = target.join("profile.html");
    replace(&path, |file| write_page(file, profile))?;
    Ok(path)
}

fn write_page(file: &mut Writer, profile: &Profile) -> io::Result<()> {
    let (head, rest) = split(SHELL, "<!-- styles -->");
    let (body, rest) = split(rest, "<!-- data -->");
    let (middle, end) = split(rest, "<!-- scripts -->");
    write!(file, "{head}<style>\n{}</style>{body}<script type=\"application/json\" id=\"profile\">", STYLES.concat())?;
    let mut data = serde_json::Serializer::with_formatter(&mut *file, Harmless);
    serde::Serialize::serialize(profile, &mut data).map_err(io::Error::from)?;
    // One scope for all scripts: they see each other, and the page's global scope stays empty.
    write!(file, "</script>{middle}<script>\n(() => {{\n\"use strict\";\n{}}})();\n</script>{end}", SCRIPTS.concat())
}

/// JSON as an element of a page: `<` stands in JSON only inside strings, where `\u003c` means the same and cannot end the
/// element.
struct Harmless;

impl serde_json::ser::Formatter for Harmless {
    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut pieces = fragment.split('<');
        writer.write_all(pieces.next().unwrap_or_default().as_bytes())?;
        for piece in pieces {
            writer.write_all(b"\\u003c")?;
            writer.write_all(piece.as_bytes())?;
        }
        Ok(())
    }
}
