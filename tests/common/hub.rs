//! A package hub on loopback: an index, packages with their versions, and archives, served by a thread of the test.
#![allow(clippy::unwrap_used)] // A failing look-up is a failing test.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value as Json, json};

/// The hub while it is being filled, and then while it serves.
pub struct Hub {
    listener: TcpListener,
    packages: serde_json::Map<String, Json>,
    files: HashMap<String, Vec<u8>>,
}

/// What the hub was asked for, and how often it has to refuse first.
#[derive(Clone, Default)]
pub struct Watch {
    pub requests: Arc<Mutex<Vec<String>>>,
    pub refusals: Arc<Mutex<HashMap<String, usize>>>,
}

impl Hub {
    pub fn new() -> Hub {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        Hub { listener, packages: serde_json::Map::new(), files: HashMap::new() }
    }

    /// `http://127.0.0.1:PORT/`.
    pub fn address(&self) -> String {
        format!("http://{}/", self.listener.local_addr().unwrap())
    }

    /// A version of a package with a macro in it; `packages` are those that it asks for.
    pub fn package(mut self, name: &str, version: &str, packages: Json) -> Hub {
        let (_, project) = name.split_once('/').unwrap();
        let path = format!("archives/{name}/{version}.tar.gz");
        let file = format!("name: {project}\nversion: {version}\n");
        let sources = [("dbt_project.yml", file.as_str()), ("macros/m.sql", "{% macro m() %}{% endmacro %}")];
        self.files.insert(format!("/{path}"), archive(&format!("{project}-{version}"), &sources));
        let release = json!({
            "name": project, "version": version, "packages": packages,
            "downloads": {"tarball": format!("{}{path}", self.address())},
        });
        let package = self.packages.entry(name).or_insert_with(|| json!({"name": project, "versions": {}}));
        package["versions"][version] = release;
        self
    }

    /// Changes what the hub says of a package.
    pub fn tell(mut self, name: &str, change: impl FnOnce(&mut Json)) -> Hub {
        change(&mut self.packages[name]);
        self
    }

    /// Any other file.
    pub fn file(mut self, path: &str, bytes: Vec<u8>) -> Hub {
        self.files.insert(path.to_owned(), bytes);
        self
    }

    /// Takes an archive away.
    pub fn without(mut self, path: &str) -> Hub {
        self.files.remove(path).unwrap();
        self
    }

    /// Serves until the test ends.
    pub fn serve(mut self) -> Watch {
        let names: Vec<&String> = self.packages.keys().collect();
        self.files.insert("/api/v1/index.json".to_owned(), serde_json::to_vec(&names).unwrap());
        for (name, package) in &self.packages {
            self.files.insert(format!("/api/v1/{name}.json"), serde_json::to_vec(package).unwrap());
        }
        let watch = Watch::default();
        let seen = watch.clone();
        std::thread::spawn(move || {
            for stream in self.listener.incoming() {
                answer(stream.unwrap(), &self.files, &seen);
            }
        });
        watch
    }
}

fn answer(stream: TcpStream, files: &HashMap<String, Vec<u8>>, watch: &Watch) {
    let mut lines = BufReader::new(&stream).lines().map(Result::unwrap);
    let request = lines.next().unwrap_or_default();
    let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
    let credentials = lines
        .take_while(|line| !line.is_empty())
        .map(|line| line.replace("Authorization", "authorization"))
        .find(|line| line.starts_with("authorization"));
    watch.requests.lock().unwrap().push(format!("{path}{}", credentials.map(|c| format!(" {c}")).unwrap_or_default()));
    let refused = match watch.refusals.lock().unwrap().get_mut(&path) {
        Some(count) if *count > 0 => {
            *count -= 1;
            true
        }
        _ => false,
    };
    let (status, body) = match files.get(&path) {
        _ if refused => ("503 Service Unavailable", &b"later"[..]),
        Some(body) => ("200 OK", body.as_slice()),
        None => ("404 Not Found", &b"<html>"[..]),
    };
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    (&stream).write_all(&[head.as_bytes(), body].concat()).unwrap();
}

/// A `.tar.gz` of files in one folder, as GitHub makes them.
pub fn archive(folder: &str, files: &[(&str, &str)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (path, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_mode(0o664);
        header.set_size(content.len() as u64);
        builder.append_data(&mut header, format!("{folder}/{path}"), content.as_bytes()).unwrap();
    }
    builder.into_inner().unwrap().finish().unwrap()
}
