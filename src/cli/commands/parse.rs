//! `parse`: reads the project and writes its manifest.

use std::sync::Arc;

use crate::cli::workspace::Workspace;
use crate::error::Result;
use crate::events::Events;
use crate::invocation::Invocation;

pub fn run(invocation: &Arc<Invocation>, events: &Arc<Events>) -> Result<bool> {
    let workspace = Workspace::open(invocation, events)?;
    workspace.write_manifest()?;
    Ok(true)
}
