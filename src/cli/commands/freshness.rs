//! `source freshness`: asks each source when it was loaded last, and writes `sources.json`.

use std::sync::Arc;

use crate::artifacts;
use crate::cli::workspace::Workspace;
use crate::error::{Error, Result};
use crate::events::Events;
use crate::events::deprecations::named;
use crate::invocation::Invocation;
use crate::run::{self, Plan, Task};

pub fn run(invocation: &Arc<Invocation>, events: &Arc<Events>) -> Result<bool> {
    let workspace = Workspace::open(invocation, events)?;
    workspace.report_found();
    let graph = workspace.graph()?;
    let selection = workspace.select(&graph)?;
    if let Some(path) = &invocation.flags.output {
        let text =
            format!("Custom output path usage `--output {path}` usage detected in `dbt source freshness` command.");
        events.deprecation(named(events.paint(), "CustomOutputPathInSourceFreshnessDeprecation", "D029", &text))?;
    }
    let plan = Plan::new(&workspace.manifest, &graph, &selection.nodes, false)?;
    let results = run::execute(&workspace.globals, &workspace.shared(), Task::Freshness, &plan);
    let closed = workspace.globals.adapter.engine().close();
    let results = results?;
    closed.map_err(Error::from)?;
    if !plan.is_empty() {
        run::finished(events, &results);
    }
    workspace.write_manifest()?;
    if invocation.flags.write_json {
        let output = invocation.flags.output.as_ref().map(|path| invocation.flags.project_dir.join(path));
        artifacts::write_sources(&workspace.globals, output.as_deref(), &results)?;
    }
    run::freshness_summary(events, &results);
    Ok(results.success())
}
