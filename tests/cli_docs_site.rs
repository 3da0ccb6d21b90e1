//! The documentation site: what `docs generate` writes for it, and what `docs serve` answers to. What is in the page is
//! tried in a browser by `make test-site`.
#![allow(clippy::unwrap_used)] // A failing look-up is a failing test.

mod common;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Stdio};

use common::Sandbox;
use serde_json::Value as Json;

/// A description that would end the element of data, and the line separator of Unicode.
const HOSTILE: &str = "</script><script>alert(1)</script><!-- \u{2028} &lt;";

fn shop() -> Sandbox {
    // In YAML the separator is a line break, unless it is escaped.
    let properties = format!("models: [{{name: a, description: \"{}\"}}]", HOSTILE.replace('\u{2028}', "\\L"));
    Sandbox::new().project().file("models/a.sql", "select 1 as id").file("models/a.yml", &properties)
}

/// The JSON in the element of a page.
fn inlined(page: &str, id: &str) -> Json {
    let start = format!("<script type=\"application/json\" id=\"{id}\">");
    let (_, rest) = page.split_once(&start).unwrap();
    serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap()
}

#[test]
fn the_page_names_the_files_beside_it() {
    let sandbox = shop();
    assert_eq!(sandbox.run(&["docs", "generate", "--no-compile"]).code, 0);
    let page = sandbox.read("target/index.html");
    let expected = serde_json::json!({"manifest": ["manifest.json"], "catalog": ["catalog.json"], "runs": []});
    assert_eq!(inlined(&page, "files"), expected);
    // All parts are there, and none of their marks is left.
    assert!(page.starts_with("<!doctype html>") && page.ends_with("</html>\n"));
    for mark in ["<!-- styles -->", "<!-- data -->", "<!-- scripts -->"] {
        assert!(!page.contains(mark), "{mark}");
    }
    assert!(!sandbox.here().join("target/static_index.html").exists());
}

#[test]
fn the_results_of_the_last_run_outlive_the_compiling() {
    let sandbox = shop();
    assert_eq!(sandbox.run(&["run"]).code, 0);
    assert_eq!(sandbox.run(&["docs", "generate"]).code, 0);
    assert_eq!(sandbox.json("target/run_results.json")["args"]["which"], "generate");
    assert_eq!(sandbox.json("target/last_run_results.json")["args"]["which"], "run");
    let runs = inlined(&sandbox.read("target/index.html"), "files")["runs"].clone();
    assert_eq!(runs, serde_json::json!(["run_results.json", "last_run_results.json"]));
    // Generating again finds no run to keep, and keeps what it had.
    assert_eq!(sandbox.run(&["docs", "generate", "--static"]).code, 0);
    assert_eq!(sandbox.json("target/last_run_results.json")["args"]["which"], "run");
    assert_eq!(inlined(&sandbox.read("target/static_index.html"), "runs")["args"]["which"], "run");
}

#[test]
fn the_static_page_holds_the_artifacts_and_no_markup_of_theirs() {
    let sandbox = shop().env("DBT_ENV_SECRET_TOKEN", "very-secret-value");
    let profile = "p:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: a.duckdb, threads: 1, \
                   config_options: {custom_user_agent: \"{{ env_var('DBT_ENV_SECRET_TOKEN') }}\"}}\n";
    let sandbox = sandbox.file("profiles.yml", profile);
    assert_eq!(sandbox.run(&["run"]).code, 0);
    let outcome = sandbox.run(&["docs", "generate", "--static"]);
    assert_eq!(outcome.code, 0, "{outcome}");
    let page = sandbox.read("target/static_index.html");
    assert_eq!(inlined(&page, "manifest"), sandbox.json("target/manifest.json"));
    assert_eq!(inlined(&page, "catalog"), sandbox.json("target/catalog.json"));
    assert_eq!(inlined(&page, "manifest")["nodes"]["model.a.a"]["description"], HOSTILE);
    assert!(!page.contains("alert(1)</script>") && !page.contains('\u{2028}'));
    assert!(!page.contains("very-secret-value"));
}

#[test]
fn a_project_that_does_not_compile_gets_no_static_page() {
    let sandbox = shop().file("models/b.sql", "{{ exceptions.raise_compiler_error('no') if execute }} select 1");
    assert_eq!(sandbox.run(&["docs", "generate", "--static"]).code, 2);
    assert!(!sandbox.here().join("target/static_index.html").exists());
    assert!(!sandbox.here().join("target/index.html").exists());
}

/// The program as it serves; it ends with the test.
struct Server {
    child: Child,
    port: u16,
    said: String,
}

impl Server {
    fn start(sandbox: &Sandbox) -> Server {
        let words = ["docs", "serve", "--no-browser", "--port", "0"];
        let mut child = sandbox.command(&words).stdout(Stdio::piped()).spawn().unwrap();
        let mut said = String::new();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        while !said.ends_with("Press Ctrl+C to exit.\n") {
            assert!(lines.read_line(&mut said).unwrap() > 0, "{said}");
        }
        let port = said.split("Serving docs at ").nth(1).unwrap().lines().next().unwrap().parse().unwrap();
        Server { child, port, said }
    }

    /// Status line with headers, and body, of the answer to a request line.
    fn ask(&self, request: &str) -> (String, String) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        write!(stream, "{request}\r\nHost: localhost\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.to_owned(), body.to_owned())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn serves_the_target_folder_and_nothing_else() {
    let sandbox = shop().file("assets/a b.svg", "<svg/>").file("target/.hidden", "no");
    let sandbox = sandbox.file("dbt_project.yml", "name: a\nprofile: p\nasset-paths: [assets]\n");
    assert_eq!(sandbox.run(&["docs", "generate"]).code, 0);
    let server = Server::start(&sandbox);
    // dbt's own words.
    let words = format!(
        "Serving docs at {0}\nTo access from your browser, navigate to: http://localhost:{0}\n\n\n\nPress Ctrl+C to exit.\n",
        server.port
    );
    assert!(server.said.ends_with(&words), "{}", server.said);

    let (head, body) = server.ask("GET / HTTP/1.1");
    assert!(head.starts_with("HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n"), "{head}");
    assert_eq!(body, sandbox.read("target/index.html"));
    let (head, body) = server.ask("GET /manifest.json?again HTTP/1.1");
    assert!(head.contains("Content-Type: application/json\r\n"), "{head}");
    assert_eq!(serde_json::from_str::<Json>(&body).unwrap(), sandbox.json("target/manifest.json"));
    let (head, body) = server.ask("GET /assets/a%20b.svg HTTP/1.1");
    assert!(head.contains("Content-Type: image/svg+xml\r\n"), "{head}");
    assert_eq!(body, "<svg/>");
    let (head, body) = server.ask("HEAD /catalog.json HTTP/1.1");
    let length = sandbox.read("target/catalog.json").len();
    assert!(head.contains(&format!("Content-Length: {length}\r\n")), "{head}");
    assert_eq!(body, "");

    for (request, status) in [
        ("GET /nothing HTTP/1.1", "404"),
        ("GET /../dbt_project.yml HTTP/1.1", "404"),
        ("GET /%2e%2e/dbt_project.yml HTTP/1.1", "404"),
        ("GET //etc/passwd HTTP/1.1", "404"),
        ("GET /.hidden HTTP/1.1", "404"),
        ("POST / HTTP/1.1", "405"),
        ("GET / HTTP/9", "505"),
        ("nonsense", "400"),
    ] {
        let (head, body) = server.ask(request);
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{request}: {head}");
        assert!(!body.contains("profile"), "{request}");
    }
}

#[test]
fn says_why_it_cannot_serve() {
    let sandbox = shop();
    let outcome = sandbox.run(&["docs", "serve", "--no-browser", "--port", "0"]);
    assert_eq!(outcome.code, 2);
    assert!(outcome.stdout.contains("There is no documentation in `HERE/target` to serve."), "{outcome}");
    assert!(outcome.stdout.contains("Run `docs generate` first"), "{outcome}");

    assert_eq!(sandbox.run(&["docs", "generate"]).code, 0);
    let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let outcome = sandbox.run(&["docs", "serve", "--no-browser", "--port", &port]);
    assert_eq!(outcome.code, 2);
    assert!(outcome.stdout.contains(&format!("Port {port} of 127.0.0.1 is taken by another program.")), "{outcome}");

    let outcome = sandbox.run(&["docs", "serve", "--no-browser", "--port", "70000"]);
    assert_eq!(outcome.code, 2);
    assert!(outcome.stdout.contains("70000 is no port: ports go from 0 to 65535."), "{outcome}");
}
