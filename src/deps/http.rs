//! Fetches what stands behind a URL, as dbt's HTTP library does: proxies and certificates from the environment, a name
//! and password from the URL, and several attempts where another one can help.

use std::io::Read;
use std::time::Duration;

use ureq::Proxy;
use ureq::config::RedirectAuthHeaders;
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};

use crate::error::{Error, Result};
use crate::events::{Event, Events, Level};

/// How often something is tried again.
const RETRIES: u32 = 5;
/// The pause before it is.
const PAUSE: Duration = Duration::from_secs(1);

/// Why an attempt failed.
#[derive(Debug)]
pub enum Failure {
    /// The next attempt may go well.
    Passing(String),
    /// It will not.
    Lasting(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure::Lasting(error)
    }
}

/// Tries something up to six times.
///
/// # Errors
/// The last attempt failed too, or one failed for good.
pub fn with_retries<T>(
    events: &Events,
    what: &str,
    mut attempt: impl FnMut() -> std::result::Result<T, Failure>,
) -> Result<T> {
    let mut failures = 0;
    loop {
        let reason = match attempt() {
            Ok(value) => return Ok(value),
            Err(Failure::Lasting(error)) => return Err(error),
            Err(Failure::Passing(reason)) => reason,
        };
        if failures == RETRIES {
            return Err(no_connection(what, &reason));
        }
        let debug = |name, code, message| events.emit(Event::new(name, code, Level::Debug, message));
        debug("RecordRetryException", "M021", format!("External call exception: {reason}"));
        let count = format!("Retrying external call. Attempt: {failures} Max attempts: {RETRIES}");
        debug("RetryExternalCall", "M020", count);
        std::thread::sleep(PAUSE);
        failures += 1;
    }
}

fn no_connection(what: &str, reason: &str) -> Error {
    Error::runtime(format!("External connection exception occurred: {reason}")).hint(format!(
        "dbt needs {what}. Check the address and the network; a proxy is taken from HTTP_PROXY, HTTPS_PROXY and NO_PROXY, \
         certificates from REQUESTS_CA_BUNDLE."
    ))
}

/// The bytes behind `url`. `timeout` is for connecting and for every pause of the server.
///
/// # Errors
/// There is no such thing, no connection, or the server refuses.
pub fn get(url: &str, timeout: Duration) -> std::result::Result<Vec<u8>, Failure> {
    let address = Address::of(url)?;
    let agent = agent(&address, timeout)?;
    let mut request = agent.get(&address.bare);
    if let Some(credentials) = &address.credentials {
        request = request.header("Authorization", &format!("Basic {}", base64(credentials.as_bytes())));
    }
    let passing = |error: &dyn std::fmt::Display| Failure::Passing(format!("{error} ({})", address.bare));
    let mut response = request.call().map_err(|error| passing(&error))?;
    let status = response.status();
    if !status.is_success() {
        return Err(refused(status.as_u16(), status.canonical_reason().unwrap_or_default(), &address.bare));
    }
    let mut bytes = Vec::new();
    response.body_mut().as_reader().read_to_end(&mut bytes).map_err(|error| passing(&error))?;
    Ok(bytes)
}

/// A server's refusal in the words of dbt's HTTP library. Only what the server may get over is tried again.
fn refused(status: u16, reason: &str, url: &str) -> Failure {
    let side = if status < 500 { "Client" } else { "Server" };
    let text = format!("{status} {side} Error: {reason} for url: {url}");
    match status {
        408 | 425 | 429 | 500.. => Failure::Passing(text),
        _ => {
            let error = Error::runtime(format!("External connection exception occurred: {text}"));
            Failure::Lasting(match status {
                401 | 403 => error.hint("The server wants a name and a password, or does not accept those in the URL."),
                _ => error.hint("The server has nothing at this address. Check its spelling."),
            })
        }
    }
}

/// A URL in the parts that matter here.
struct Address {
    /// Without name and password.
    bare: String,
    /// `name:password`, decoded.
    credentials: Option<String>,
    scheme: String,
    host: String,
    port: Option<String>,
}

impl Address {
    fn of(url: &str) -> Result<Address> {
        let not_a_url = || {
            Error::runtime(format!("Invalid URL '{url}': an address begins with http:// or https:// and names a host."))
        };
        let (scheme, rest) = url.split_once("://").ok_or_else(not_a_url)?;
        let scheme = scheme.to_ascii_lowercase();
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let (credentials, authority) = match authority.rsplit_once('@') {
            Some((credentials, authority)) => (Some(percent_decoded(credentials)), authority),
            None => (None, authority),
        };
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => (host, Some(port.to_owned())),
            _ => (authority, None),
        };
        if host.is_empty() || !matches!(scheme.as_str(), "http" | "https") {
            return Err(not_a_url());
        }
        let host = host.to_ascii_lowercase();
        Ok(Address { bare: format!("{scheme}://{authority}{path}"), credentials, host, port, scheme })
    }

    /// The proxy that the environment names for this address.
    fn proxy(&self) -> Result<Option<Proxy>> {
        let scheme = format!("{}_proxy", self.scheme);
        let Some(address) = variable(&scheme).or_else(|| variable("all_proxy")) else { return Ok(None) };
        if variable("no_proxy").is_some_and(|list| self.is_in(&list)) {
            return Ok(None);
        }
        let address = if address.contains("://") { address } else { format!("http://{address}") };
        Proxy::new(&address).map(Some).map_err(|error| {
            Error::runtime(format!("The proxy that {} names cannot be used: {error}.", scheme.to_ascii_uppercase()))
                .hint("Name it as http://host:port, or unset the variable.")
        })
    }

    /// Whether `NO_PROXY` names this host: whole, by its ending, or with its port.
    fn is_in(&self, list: &str) -> bool {
        let with_port = self.port.as_ref().map(|port| format!("{}:{port}", self.host));
        list.split(',').map(|entry| entry.trim().trim_start_matches("*.").trim_start_matches('.')).any(|entry| {
            let entry = entry.to_ascii_lowercase();
            let ends =
                self.host.strip_suffix(entry.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
            entry == "*" || (!entry.is_empty() && (ends || with_port.as_ref() == Some(&entry)))
        })
    }
}

/// An environment variable that may be written small or large; empty is unset.
fn variable(name: &str) -> Option<String> {
    [name.to_owned(), name.to_ascii_uppercase()]
        .iter()
        .find_map(|name| std::env::var(name).ok())
        .filter(|v| !v.is_empty())
}

fn agent(address: &Address, timeout: Duration) -> Result<ureq::Agent> {
    let mut tls = TlsConfig::builder();
    if address.scheme == "https"
        && let Some(certificates) = certificates()?
    {
        tls = tls.root_certs(certificates);
    }
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .user_agent(concat!("rdbt/", env!("CARGO_PKG_VERSION")))
        .redirect_auth_headers(RedirectAuthHeaders::SameHost)
        .max_redirects(30)
        .proxy(address.proxy()?)
        .tls_config(tls.build())
        .timeout_connect(Some(timeout))
        .timeout_recv_response(Some(timeout))
        .timeout_per_read(Some(timeout));
    Ok(config.build().new_agent())
}

/// The certificates to trust, if the environment names a file of them; else those inside the program.
fn certificates() -> Result<Option<RootCerts>> {
    let named = ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"];
    let Some((name, file)) = named.iter().find_map(|name| Some((name, std::env::var(name).ok()?))) else {
        return Ok(None);
    };
    let text = std::fs::read(&file).map_err(|error| {
        Error::runtime(format!("The file of certificates {file}, which {name} names, cannot be read: {error}."))
            .hint("Name a file in PEM format, or unset the variable.")
    })?;
    let found = parse_pem(&text).filter_map(|item| match item {
        Ok(PemItem::Certificate(certificate)) => Some(certificate),
        _ => None,
    });
    Ok(Some(RootCerts::from(found)))
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let digits = if *first == b'%' { tail.get(..2).and_then(|pair| std::str::from_utf8(pair).ok()) } else { None };
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => (bytes.push(byte), rest = &tail[2..]),
            None => (bytes.push(*first), rest = tail),
        };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits = (0..3).fold(0_u32, |bits, index| bits << 8 | u32::from(chunk.get(index).copied().unwrap_or(0)));
        for index in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * index) & 63) as usize];
            text.push(if index <= chunk.len() { letter as char } else { '=' });
        }
    }
    text
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // A failing look-up is a failing test.
mod tests {
    use super::*;

    #[test]
    fn takes_credentials_out_of_the_address() {
        let address = Address::of("https://me:p%40ss@Host.example:8443/a?b@c").unwrap();
        assert_eq!(address.bare, "https://Host.example:8443/a?b@c");
        assert_eq!(address.credentials.as_deref(), Some("me:p@ss"));
        assert_eq!((address.host.as_str(), address.port.as_deref()), ("host.example", Some("8443")));
        for bad in ["x", "ftp://a/b", "http:///b", ""] {
            assert!(Address::of(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn knows_hosts_that_need_no_proxy() {
        let address = Address::of("http://hub.corp.example:80/").unwrap();
        for list in ["corp.example", ".example", "a, *.corp.example", "hub.corp.example:80", "*"] {
            assert!(address.is_in(list), "{list}");
        }
        for list in ["", "orp.example", "corp", "hub.corp.example:81", "x.hub.corp.example"] {
            assert!(!address.is_in(list), "{list}");
        }
    }

    #[test]
    fn encodes_as_base64() {
        let encoded = ["", "M", "Ma", "Man", "me:p@ss"].map(|text| base64(text.as_bytes()));
        assert_eq!(encoded, ["", "TQ==", "TWE=", "TWFu", "bWU6cEBzcw=="]);
    }
}
