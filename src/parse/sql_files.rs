//! Models, snapshots, analyses, singular tests, seeds, functions and the project's hooks: everything that has a text of
//! its own. Each is rendered once with `execute` false to learn what it configures and what it refers to. Files are
//! parsed in parallel and handed on in dbt's order.

use std::sync::Arc;

use rayon::prelude::*;

use super::cx::Cx;
use super::files::{FileKind, PackageFiles, SourceFile, contents_checksum, join, read_text, strip_extension};
use super::nodes::{Draft, configure, draft_node, fqn_prefix, model_kind, render_and_configure};
use super::python_models;
use crate::context::errors::from_jinja;
use crate::error::{NodeLabel, Result};
use crate::events::{hold, in_order};
use crate::jinja::blocks::{BlockType, extract};
use crate::manifest::{FileHash, Node, NodeBox, NodeKind, ResourceType};
use crate::project::Package;

/// Something to parse.
enum Job<'a> {
    File(&'a SourceFile),
    Hook { package: &'a Package, tag: &'static str, index: usize, sql: &'a str, checksum: Arc<FileHash> },
}

/// The nodes of all packages in dbt's order.
///
/// # Errors
/// The first error in that order.
pub fn parse(cx: &Cx, packages: &[(&Package, &PackageFiles)]) -> Result<Vec<NodeBox>> {
    let mut jobs: Vec<Job<'_>> = Vec::new();
    for (package, files) in packages {
        for kind in [FileKind::Model, FileKind::Snapshot, FileKind::Analysis, FileKind::SingularTest, FileKind::Seed] {
            jobs.extend(files.of(kind).iter().map(Job::File));
        }
        add_hooks(package, &mut jobs)?;
        jobs.extend(files.of(FileKind::Function).iter().map(Job::File));
    }
    let parsed = jobs.par_iter().map(|job| hold(|| parse_job(cx, job)));
    let mut nodes = Vec::with_capacity(jobs.len());
    for result in in_order(&cx.globals.events, parsed.collect()) {
        nodes.extend(result?);
    }
    Ok(nodes)
}

fn add_hooks<'a>(package: &'a Package, jobs: &mut Vec<Job<'a>>) -> Result<()> {
    if package.on_run_start.is_empty() && package.on_run_end.is_empty() {
        return Ok(());
    }
    let text = read_text(&package.root.join("dbt_project.yml"))?;
    let checksum = Arc::new(contents_checksum(text.trim()));
    for (tag, hooks) in [("on-run-start", &package.on_run_start), ("on-run-end", &package.on_run_end)] {
        jobs.extend(hooks.iter().enumerate().map(|(index, sql)| Job::Hook {
            package,
            tag,
            index,
            sql,
            checksum: checksum.clone(),
        }));
    }
    Ok(())
}

fn parse_job(cx: &Cx, job: &Job<'_>) -> Result<Vec<NodeBox>> {
    match job {
        Job::File(file) if file.kind == FileKind::Snapshot => parse_snapshots(cx, file),
        Job::File(file) => parse_file(cx, file).map(|node| vec![Box::new(node)]),
        Job::Hook { package, tag, index, sql, checksum } => {
            let name = format!("{}-{tag}-{index}", package.name);
            let mut fqn = vec![package.name.clone(), "hooks".to_owned()];
            fqn.push(name.clone());
            let mut node = draft_node(
                cx,
                Draft {
                    resource_type: ResourceType::Operation,
                    path: format!("hooks/{name}.sql"),
                    original_file_path: "./dbt_project.yml".to_owned(),
                    package: package.name.clone(),
                    fqn,
                    name,
                    raw_code: Arc::from(*sql),
                    language: "sql",
                    checksum: (**checksum).clone(),
                    tags: vec![(*tag).to_owned()],
                    kind: NodeKind::Operation { index: *index },
                    id_suffix: None,
                },
            )?;
            render_and_configure(cx, &mut node)?;
            Ok(vec![Box::new(node)])
        }
    }
}

/// The node that a file with one node becomes.
///
/// # Errors
/// Its text cannot be rendered, or a value that it configures is not allowed.
pub fn parse_file(cx: &Cx, file: &SourceFile) -> Result<Node> {
    let mut node = draft_file(cx, file)?;
    match (node.resource_type, node.language.as_str()) {
        (ResourceType::Seed, _) => configure(cx, &mut node, None, None)?,
        (ResourceType::Model, "python") => python_models::parse(cx, &mut node)?,
        (ResourceType::Function, "python" | "javascript") => configure(cx, &mut node, None, None)?,
        _ => render_and_configure(cx, &mut node)?,
    }
    Ok(node)
}

/// The same before it is rendered.
///
/// # Errors
/// A value in `dbt_project.yml` is not allowed for its key.
pub fn draft_file(cx: &Cx, file: &SourceFile) -> Result<Node> {
    let (resource_type, kind) = match file.kind {
        FileKind::Seed => {
            let root = cx.package(&file.package).map(|package| package.root.to_string_lossy().into_owned());
            (ResourceType::Seed, NodeKind::Seed { root_path: root.unwrap_or_default() })
        }
        FileKind::Analysis => (ResourceType::Analysis, NodeKind::Analysis),
        FileKind::SingularTest => (ResourceType::Test, NodeKind::SingularTest),
        FileKind::Function => (ResourceType::Function, NodeKind::Function(super::functions::undescribed())),
        _ => (ResourceType::Model, model_kind()),
    };
    let name = file.name().to_owned();
    let path = match file.kind {
        FileKind::Analysis if !cx.flags.corrected_analysis_fqns => join("analysis", &file.relative_path),
        FileKind::SingularTest => pseudo_test_path(&name, &file.relative_path),
        _ => file.relative_path.clone(),
    };
    let mut fqn = fqn_prefix(&file.package, &path);
    fqn.push(name.clone());
    draft_node(cx, draft_of(file, resource_type, name, path, fqn, file.contents.clone(), kind))
}

/// The folder of `path` with `name.sql` in it.
pub fn pseudo_test_path(name: &str, path: &str) -> String {
    match path.rsplit_once('/') {
        Some((folder, _)) => format!("{folder}/{name}.sql"),
        None => format!("{name}.sql"),
    }
}

fn draft_of(
    file: &SourceFile,
    resource_type: ResourceType,
    name: String,
    path: String,
    fqn: Vec<String>,
    raw_code: Arc<str>,
    kind: NodeKind,
) -> Draft {
    let language = match file.relative_path.rsplit_once('.').map(|(_, extension)| extension) {
        Some("py") => "python",
        Some("js") => "javascript",
        _ => "sql",
    };
    Draft {
        resource_type,
        name,
        package: file.package.to_string(),
        path,
        original_file_path: file.original_file_path(),
        fqn,
        raw_code,
        language,
        checksum: file.checksum.clone(),
        tags: Vec::new(),
        kind,
        id_suffix: None,
    }
}

/// A file may hold several snapshot blocks; the name of the file is part of their fqn.
fn parse_snapshots(cx: &Cx, file: &SourceFile) -> Result<Vec<NodeBox>> {
    let path = file.original_file_path();
    let label = NodeLabel { resource_type: "snapshot".to_owned(), name: file.name().to_owned(), path: path.clone() };
    let blocks =
        extract(&file.contents, &path, &[BlockType::Snapshot]).map_err(|error| from_jinja(&error, Some(&label)))?;
    let mut nodes = Vec::with_capacity(blocks.len());
    for block in blocks {
        let mut fqn = vec![file.package.to_string()];
        fqn.extend(strip_path_extension(&file.relative_path).split('/').map(str::to_owned));
        fqn.push(block.name.clone());
        let text: Arc<str> = Arc::from(block.contents);
        let draft = draft_of(
            file,
            ResourceType::Snapshot,
            block.name,
            file.relative_path.clone(),
            fqn,
            text,
            NodeKind::Snapshot,
        );
        let mut node = draft_node(cx, draft)?;
        render_and_configure(cx, &mut node)?;
        nodes.push(Box::new(node));
    }
    Ok(nodes)
}

fn strip_path_extension(path: &str) -> String {
    match path.rsplit_once('/') {
        Some((folder, name)) => format!("{folder}/{}", strip_extension(name)),
        None => strip_extension(path).to_owned(),
    }
}
