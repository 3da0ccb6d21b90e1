//! `docs serve`: shows the page of `docs generate` in a browser, from a server on this machine.

use std::io;
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::sync::Arc;

use serde_json::Value as Json;

use crate::artifacts;
use crate::cli::file_server;
use crate::error::{Error, Result};
use crate::events::{Events, Level, lines};
use crate::invocation::Invocation;
use crate::project;

pub fn run(invocation: &Arc<Invocation>, events: &Arc<Events>) -> Result<bool> {
    let flags = &invocation.flags.other;
    let host = invocation.flags.text("host").unwrap_or("127.0.0.1");
    let port = port(flags.get("port").and_then(Json::as_i64).unwrap_or(8080))?;
    let target = project::load(invocation, events)?.target_path;
    if !target.join("manifest.json").is_file() || !target.join("catalog.json").is_file() {
        return Err(Error::runtime(format!("There is no documentation in `{}` to serve.", target.display()))
            .hint("Run `docs generate` first; with --target-path if it wrote elsewhere."));
    }
    // The page of the program that serves, should another version have written the one that is there.
    artifacts::write_page(&target)?;
    let root = target
        .canonicalize()
        .map_err(|error| Error::runtime(format!("The folder `{}` cannot be read: {error}.", target.display())))?;
    let listener = TcpListener::bind((host, port)).map_err(|error| cannot_listen(host, port, &error))?;
    let port = listener.local_addr().map_or(port, |address| address.port());
    let address = format!("http://localhost:{port}");
    if flags.get("browser").and_then(Json::as_bool).unwrap_or(true) && !open_browser(&address) {
        events.emit(lines::note(Level::Warn, "No browser could be started; open the address below in one."));
    }
    for line in [
        &format!("Serving docs at {port}"),
        &format!("To access from your browser, navigate to: {address}"),
        "\n\n",
        "Press Ctrl+C to exit.",
    ] {
        events.emit(lines::print(line));
    }
    events.flush();
    file_server::serve(&listener, &root);
    Ok(true)
}

fn port(number: i64) -> Result<u16> {
    u16::try_from(number).map_err(|_| {
        Error::runtime(format!("{number} is no port: ports go from 0 to 65535."))
            .hint("Pass another --port, or 0 for any that is free.")
    })
}

fn cannot_listen(host: &str, port: u16, error: &io::Error) -> Error {
    let text = match error.kind() {
        io::ErrorKind::AddrInUse => format!("Port {port} of {host} is taken by another program."),
        io::ErrorKind::PermissionDenied => format!("This user may not listen on port {port} of {host}."),
        _ => format!("Could not listen on port {port} of {host}: {error}."),
    };
    Error::runtime(text).hint("Pass another --port, or 0 for any that is free.")
}

/// Asks the system for a browser; false if it has no way to.
fn open_browser(address: &str) -> bool {
    let (program, words): (&str, &[&str]) = match std::env::consts::OS {
        "macos" => ("open", &[]),
        "windows" => ("cmd", &["/c", "start"]),
        _ => ("xdg-open", &[]),
    };
    let browser = std::env::var("BROWSER").ok().filter(|name| !name.is_empty());
    let mut command = match &browser {
        Some(name) => Command::new(name),
        None => Command::new(program),
    };
    if browser.is_none() {
        command.args(words);
    }
    command.arg(address).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().is_ok()
}
