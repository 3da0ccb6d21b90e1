//! `deps`: installs the packages that the project asks for.

use serde_json::Value as Json;
use std::sync::Arc;

use crate::deps::{self, Addition, Request};
use crate::error::{Error, Result};
use crate::events::Events;
use crate::invocation::Invocation;
use crate::project::{self, Base, Renderer};

pub fn run(invocation: &Arc<Invocation>, events: &Arc<Events>) -> Result<bool> {
    let flags = &invocation.flags;
    let flag = |name: &str| flags.other.get(name).and_then(Json::as_bool).unwrap_or(false);
    let add = addition(invocation)?;
    let project = project::load_without_profile(invocation, events)?;
    let renderer = Renderer::for_secrets(Base::new(invocation, events), &flags.vars);
    let request = Request {
        project: &project,
        renderer: &renderer,
        version_check: flags.version_check,
        upgrade: flag("upgrade"),
        lock_only: flag("lock"),
        add,
    };
    deps::run(&request, events)?;
    Ok(true)
}

/// `--add-package` with `--source`.
fn addition(invocation: &Invocation) -> Result<Option<Addition>> {
    let other = &invocation.flags.other;
    let Some(package) = other.get("add_package").filter(|package| !package.is_null()) else { return Ok(None) };
    let text = |key: &str| package.get(key).and_then(Json::as_str).map(str::to_owned);
    let source = other.get("source").and_then(Json::as_str).unwrap_or("hub").to_owned();
    let version = text("version").filter(|version| !version.is_empty());
    if version.is_none() && source != "local" {
        return Err(Error::runtime(format!(
            "Version is required in --add-package when a package when source is {source}"
        ))
        .hint("Write the version behind the name: --add-package NAME@VERSION."));
    }
    Ok(Some(Addition { name: text("name").unwrap_or_default(), version, source }))
}
