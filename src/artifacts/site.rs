//! The documentation page: `index.html`, which reads the artifacts beside it over HTTP, and `static_index.html`, which
//! holds them. Both are the files of `site/`, joined; nothing in them asks for anything on a network.

use std::fs;
use std::io::{self, BufReader, Read, Write};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::error::{Error, Result};

use super::file::{Writer, replace};

const SHELL: &str = include_str!("site/shell.html");

const STYLES: [&str; 5] = [
    include_str!("site/styles/base.css"),
    include_str!("site/styles/layout.css"),
    include_str!("site/styles/pages.css"),
    include_str!("site/styles/lineage.css"),
    include_str!("site/styles/timeline.css"),
];

/// In the order in which they need each other.
const SCRIPTS: [&str; 22] = [
    include_str!("site/scripts/dom.js"),
    include_str!("site/scripts/markdown.js"),
    include_str!("site/scripts/highlight.js"),
    include_str!("site/scripts/data.js"),
    include_str!("site/scripts/project.js"),
    include_str!("site/scripts/index.js"),
    include_str!("site/scripts/virtual_list.js"),
    include_str!("site/scripts/search.js"),
    include_str!("site/scripts/tree.js"),
    include_str!("site/scripts/parts.js"),
    include_str!("site/scripts/code.js"),
    include_str!("site/scripts/details.js"),
    include_str!("site/scripts/node_page.js"),
    include_str!("site/scripts/home_page.js"),
    include_str!("site/scripts/selection.js"),
    include_str!("site/scripts/layout.js"),
    include_str!("site/scripts/camera.js"),
    include_str!("site/scripts/lineage.js"),
    include_str!("site/scripts/lineage_page.js"),
    include_str!("site/scripts/timeline.js"),
    include_str!("site/scripts/timeline_page.js"),
    include_str!("site/scripts/main.js"),
];

const RUN: &str = "run_results.json";
/// What `run_results.json` said before `docs generate` wrote there what it compiled.
const LAST_RUN: &str = "last_run_results.json";

/// Keeps the results of the last run aside, before `docs generate` replaces them by those of compiling.
///
/// # Errors
/// The copy cannot be written.
pub fn keep_last_run(target: &Path) -> Result<()> {
    let path = target.join(RUN);
    if is_run(&path) { replace(&target.join(LAST_RUN), |file| copy(&path, file)) } else { Ok(()) }
}

/// Writes `index.html` into the target folder.
///
/// # Errors
/// The file cannot be written.
pub fn write_page(target: &Path) -> Result<PathBuf> {
    let path = target.join("index.html");
    replace(&path, |file| {
        write_shell(file, |file| {
            let runs: Vec<&str> = [RUN, LAST_RUN].into_iter().filter(|name| target.join(name).is_file()).collect();
            let names = serde_json::json!({"manifest": ["manifest.json"], "catalog": ["catalog.json"], "runs": runs});
            write!(file, "<script type=\"application/json\" id=\"files\">{names}</script>")
        })
    })?;
    Ok(path)
}

/// Writes `static_index.html` into the target folder, with the artifacts that are there in it.
///
/// # Errors
/// There is no manifest or no catalog, or the file cannot be written.
pub fn write_static_page(target: &Path) -> Result<PathBuf> {
    for name in ["manifest.json", "catalog.json"] {
        if !target.join(name).is_file() {
            return Err(Error::runtime(format!(
                "There is no {name} in `{}` to put into static_index.html.",
                target.display()
            ))
            .hint("Run `docs generate --static` without --no-write-json."));
        }
    }
    let run = if is_run(&target.join(RUN)) || !target.join(LAST_RUN).is_file() { RUN } else { LAST_RUN };
    let path = target.join("static_index.html");
    replace(&path, |file| {
        write_shell(file, |file| {
            inline(file, "manifest", &target.join("manifest.json"))?;
            inline(file, "catalog", &target.join("catalog.json"))?;
            if target.join(run).is_file() { inline(file, "runs", &target.join(run)) } else { Ok(()) }
        })
    })?;
    Ok(path)
}

/// Whether the file tells of commands that did something, not only of compiling.
fn is_run(path: &Path) -> bool {
    #[derive(Deserialize)]
    struct Results {
        args: Args,
    }
    #[derive(Deserialize)]
    struct Args {
        which: String,
    }
    let Ok(file) = fs::File::open(path) else { return false };
    let read: serde_json::Result<Results> = serde_json::from_reader(BufReader::new(file));
    read.is_ok_and(|results| !matches!(results.args.which.as_str(), "generate" | "compile" | "show"))
}

fn write_shell(file: &mut Writer, data: impl FnOnce(&mut Writer) -> io::Result<()>) -> io::Result<()> {
    let (head, rest) = split(SHELL, "<!-- styles -->");
    let (body, rest) = split(rest, "<!-- data -->");
    let (middle, end) = split(rest, "<!-- scripts -->");
    file.write_all(head.as_bytes())?;
    write!(file, "<style>\n{}</style>", STYLES.concat())?;
    file.write_all(body.as_bytes())?;
    data(file)?;
    file.write_all(middle.as_bytes())?;
    // One scope for all scripts: they see each other, and the page's global scope stays empty.
    write!(file, "<script>\n(() => {{\n\"use strict\";\n{}}})();\n</script>", SCRIPTS.concat())?;
    file.write_all(end.as_bytes())
}

pub(super) fn split<'a>(text: &'a str, mark: &str) -> (&'a str, &'a str) {
    text.split_once(mark).unwrap_or((text, ""))
}

/// A JSON file as an element of data. `<` stands in JSON only inside strings, where `\u003c` means the same and cannot
/// end the element. The line separators that JavaScript once disliked are escaped for whoever cuts the JSON out.
fn inline(file: &mut Writer, id: &str, path: &Path) -> io::Result<()> {
    write!(file, "<script type=\"application/json\" id=\"{id}\">")?;
    let mut text = String::new();
    fs::File::open(path)?.read_to_string(&mut text)?;
    let special = |c: char| matches!(c, '<' | '\u{2028}' | '\u{2029}');
    let mut rest = text.as_str();
    while let Some(at) = rest.find(special) {
        let found = rest[at..].chars().next().unwrap_or_default();
        write!(file, "{}\\u{:04x}", &rest[..at], u32::from(found))?;
        rest = &rest[at + found.len_utf8()..];
    }
    writeln!(file, "{rest}</script>")
}

fn copy(path: &Path, file: &mut Writer) -> io::Result<()> {
    io::copy(&mut fs::File::open(path)?, file).map(drop)
}
