//! Checks of microbatch models: what they must say, and whether their inputs can be cut to a batch.

use serde_json::Value as Json;

use super::cx::Cx;
use super::python;
use crate::context::batch::{macro_is_builtin, uses_batches};
use crate::error::{Error, Result};
use crate::events::{Event, Level, deprecations};
use crate::jinja::value::dates::DateTime as Moment;
use crate::manifest::{Manifest, Node};

/// Checks the configuration of each microbatch model, if such models are built batch by batch.
///
/// # Errors
/// A model lacks a configuration, or has one of a wrong type; the text is dbt's.
pub fn check(cx: &Cx, manifest: &Manifest) -> Result<()> {
    if !uses_batches(&cx.globals) {
        return Ok(());
    }
    manifest.nodes.values().filter(|node| is_microbatch(node)).try_for_each(|node| check_microbatch(node))
}

/// Writes `begin` of each microbatch model the way dbt does once it has read it.
///
/// Call it after [`check`]: what is no point in time is left as it is.
pub fn settle_begins(cx: &Cx, manifest: &mut Manifest) {
    if !uses_batches(&cx.globals) {
        return;
    }
    for node in manifest.nodes.values_mut().filter(|node| is_microbatch(node)) {
        let begin = node.config.str("begin").and_then(Moment::from_isoformat).map(|begin| begin.isoformat());
        if let Some(begin) = begin.filter(|begin| node.config.str("begin") != Some(begin)) {
            node.config.0.insert("begin".to_owned(), Json::String(begin));
        }
    }
}

/// Warns of models whose batches would all read the same, and of macros that were written before there were batches.
///
/// # Errors
/// An input's `event_time` is no text, or deprecations are errors.
pub fn warn(cx: &Cx, manifest: &Manifest) -> Result<()> {
    if !uses_batches(&cx.globals) {
        let concerned = manifest.nodes.values().any(|node| is_microbatch(node)) && !macro_is_builtin(&cx.globals);
        return if concerned { deprecate(cx) } else { Ok(()) };
    }
    for node in manifest.nodes.values().filter(|node| is_microbatch(node)) {
        if !has_filtered_input(manifest, node)? {
            let text = format!(
                "The microbatch model '{}' has no 'ref' or 'source' input with an 'event_time' configuration. \nThis means \
                 no filtering can be applied and can result in unexpected duplicate records in the resulting microbatch \
                 model.",
                node.name
            );
            let line = cx.warnings.paint().warning_tag(&text);
            let event = Event::new("MicrobatchModelNoEventTimeInputs", "I074", Level::Warn, line);
            cx.globals.events.emit(event.with("model_name", node.name.clone()));
        }
    }
    Ok(())
}

fn deprecate(cx: &Cx) -> Result<()> {
    let text = "The use of a custom microbatch macro outside of batched execution is deprecated. To use it with batched \
                execution, set `flags.require_batched_execution_for_custom_microbatch_strategy` to `True` in \
                `dbt_project.yml`. In the future this will be the default behavior.";
    let paint = cx.warnings.paint();
    let line = deprecations::wrap(&paint.warning_tag(text), paint.width);
    cx.warnings.deprecated(Event::new("MicrobatchMacroOutsideOfBatchesDeprecation", "D020", Level::Warn, line))
}

fn has_filtered_input(manifest: &Manifest, node: &Node) -> Result<bool> {
    let mut found = false;
    for id in &node.depends_on.nodes {
        let (name, config) = match (manifest.node(id), manifest.sources.get(id)) {
            (Some(input), _) => (&input.name, &input.config),
            (None, Some(source)) => (&source.name, &source.config),
            _ => continue,
        };
        let Some(event_time) = config.get("event_time").filter(|value| python::truthy(value)) else { continue };
        if !event_time.is_string() {
            return Err(Error::parsing(format!(
                "Microbatch model '{}' depends on an input node '{name}' with an 'event_time' config of invalid \
                 (non-string) type: <class '{}'>.",
                node.name,
                python::type_name(event_time)
            )));
        }
        found = true;
    }
    Ok(found)
}

fn is_microbatch(node: &Node) -> bool {
    node.config.materialized() == "incremental" && node.config.str("incremental_strategy") == Some("microbatch")
}

fn check_microbatch(node: &Node) -> Result<()> {
    let name = &node.name;
    let fail = |message: String| Err(Error::parsing(format!("Microbatch model '{name}' {message}")));
    let class = |value: &Json| format!("<class '{}'>", python::type_name(value));
    match node.config.get("event_time") {
        None => {
            return fail(
                "must provide an 'event_time' (string) config that indicates the name of the event time column."
                    .to_owned(),
            );
        }
        Some(value) if !value.is_string() => {
            return fail(format!("must provide an 'event_time' config of type string, but got: {}.", class(value)));
        }
        Some(_) => {}
    }
    match node.config.get("begin") {
        None => {
            return fail(
                "must provide a 'begin' (datetime) config that indicates the earliest timestamp the microbatch model should \
                 be built from."
                    .to_owned(),
            );
        }
        Some(Json::String(text)) if Moment::from_isoformat(text).is_none() => {
            return fail(format!("must provide a 'begin' config of valid datetime (ISO format), but got: {text}."));
        }
        Some(Json::String(_)) => {}
        Some(value) => {
            return fail(format!("must provide a 'begin' config of type datetime, but got: {}.", class(value)));
        }
    }
    if !matches!(node.config.str("batch_size"), Some("hour" | "day" | "month" | "year")) {
        let given = node.config.get("batch_size").map_or("None".to_owned(), python::text);
        return fail(format!(
            "must provide a 'batch_size' config that is one of ['hour', 'day', 'month', 'year'], but got: {given}."
        ));
    }
    if let Some(value) = node.config.get("lookback").filter(|value| !value.is_i64()) {
        return fail(format!("must provide the optional 'lookback' config as type int, but got: {}).", class(value)));
    }
    if let Some(value) = node.config.get("concurrent_batches").filter(|value| !value.is_boolean()) {
        return fail(format!(
            "optional 'concurrent_batches' config must be of type `bool` if specified, but got: {}).",
            class(value)
        ));
    }
    Ok(())
}
