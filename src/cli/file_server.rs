//! A small HTTP server of the files of one folder, for `docs serve`: GET and HEAD, a thread for each connection, and
//! nothing outside of the folder. It is meant for the person at this machine, so it knows no more of HTTP than that needs.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

/// A browser opens connections ahead and may never use them.
const PATIENCE: Duration = Duration::from_secs(30);
/// Bytes of a request's head; browsers send a tenth of it.
const LONGEST_HEAD: u64 = 64 * 1024;

/// Answers requests until the program ends. `root` is the folder, resolved.
pub(super) fn serve(listener: &TcpListener, root: &Path) {
    let root: Arc<Path> = root.into();
    for stream in listener.incoming() {
        // A connection that failed before it was taken is the browser's business.
        let Ok(stream) = stream else { continue };
        let root = root.clone();
        thread::spawn(move || {
            // The reader went away, or was too slow: there is nobody to tell.
            let _ = answer(&stream, &root);
        });
    }
}

/// What a request asks for.
enum Wanted {
    File { path: PathBuf, with_body: bool },
    Nothing { status: &'static str, with_body: bool },
}

fn answer(stream: &TcpStream, root: &Path) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let Some(line) = read_head(stream)? else { return Ok(()) };
    let mut stream = stream;
    match wanted(&line, root) {
        Wanted::File { path, with_body } => {
            let file = File::open(&path)?;
            let length = file.metadata()?.len();
            write_head(&mut stream, "200 OK", content_type(&path), length)?;
            if with_body { io::copy(&mut file.take(length), &mut stream).map(drop) } else { Ok(()) }
        }
        Wanted::Nothing { status, with_body } => {
            let text = format!("{status}\n");
            write_head(&mut stream, status, "text/plain; charset=utf-8", text.len() as u64)?;
            if with_body { stream.write_all(text.as_bytes()) } else { Ok(()) }
        }
    }
}

/// The request line; none if the connection was closed unused. The headers are read, for a client that is still sending
/// when the connection closes sees a failure, and not looked at.
fn read_head(stream: &TcpStream) -> io::Result<Option<String>> {
    let mut reader = BufReader::new(stream.take(LONGEST_HEAD));
    let mut first = Vec::new();
    if reader.read_until(b'\n', &mut first)? == 0 {
        return Ok(None);
    }
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line)? > 2 {
        line.clear();
    }
    Ok(Some(String::from_utf8_lossy(&first).trim_end().to_owned()))
}

fn wanted(line: &str, root: &Path) -> Wanted {
    let words: Vec<&str> = line.split(' ').collect();
    let &[method, target, version] = words.as_slice() else {
        return Wanted::Nothing { status: "400 Bad Request", with_body: true };
    };
    if !version.starts_with("HTTP/1.") {
        return Wanted::Nothing { status: "505 HTTP Version Not Supported", with_body: true };
    }
    if !matches!(method, "GET" | "HEAD") {
        return Wanted::Nothing { status: "405 Method Not Allowed", with_body: true };
    }
    let with_body = method == "GET";
    match find(target, root) {
        Some(path) => Wanted::File { path, with_body },
        None => Wanted::Nothing { status: "404 Not Found", with_body },
    }
}

/// The file that a target names: below `root`, links followed, no name that begins with a dot.
fn find(target: &str, root: &Path) -> Option<PathBuf> {
    let path = decode(target.split(['?', '#']).next()?)?;
    let path = Path::new(path.trim_start_matches('/'));
    let harmless =
        |part: Component<'_>| matches!(part, Component::Normal(name) if !name.to_string_lossy().starts_with('.'));
    if !path.components().all(harmless) || path.to_string_lossy().contains(['\\', '\0']) {
        return None;
    }
    let mut found = root.join(path);
    if found.is_dir() {
        found.push("index.html");
    }
    let found = found.canonicalize().ok()?;
    (found.starts_with(root) && found.is_file()).then_some(found)
}

/// `%20` and its like as the bytes they stand for.
fn decode(text: &str) -> Option<String> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let digits = [bytes.next()?, bytes.next()?];
            decoded.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
        } else {
            decoded.push(byte);
        }
    }
    String::from_utf8(decoded).ok()
}

fn write_head(stream: &mut impl Write, status: &str, content_type: &str, length: u64) -> io::Result<()> {
    let allow = if status.starts_with("405") { "Allow: GET, HEAD\r\n" } else { "" };
    // Artifacts change with each run: a browser must ask again.
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n{allow}Cache-Control: no-cache\r\n\
         X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n"
    )
}

fn content_type(path: &Path) -> &'static str {
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    match ending.as_str() {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "json" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "pdf" => "application/pdf",
        "csv" => "text/csv; charset=utf-8",
        "sql" | "md" | "txt" | "yml" | "yaml" | "log" | "py" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_only_what_is_below_the_folder() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let root = folder.path().join("target").canonicalize().or_else(|_| {
            std::fs::create_dir_all(folder.path().join("target/assets"))?;
            folder.path().join("target").canonicalize()
        })?;
        for (name, text) in [("index.html", "page"), ("assets/a b.svg", "picture"), (".hidden", "no"), ("../out", "no")]
        {
            std::fs::write(root.join(name), text)?;
        }
        let found = |target: &str| find(target, &root).and_then(|path| std::fs::read_to_string(path).ok());
        assert_eq!(found("/").as_deref(), Some("page"));
        assert_eq!(found("/index.html?x=1#y").as_deref(), Some("page"));
        assert_eq!(found("/assets/a%20b.svg").as_deref(), Some("picture"));
        for target in
            ["/../out", "/%2e%2e/out", "/assets/../../out", "/.hidden", "/..%5cout", "/assets", "/%zz", "/a%00"]
        {
            assert_eq!(found(target), None, "{target}");
        }
        Ok(())
    }
}
