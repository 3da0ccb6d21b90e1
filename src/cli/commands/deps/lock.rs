//! `package-lock.yml`: its text and the hash in it, both as dbt writes them, so that either program accepts the
//! other's file.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use serde_json::{Map as JsonMap, Value as Json};

use crate::error::{Error, Result};
use crate::project::packages::PackageSpec;
use crate::yaml::{self, DumpOptions, Node, Value};

/// The hash of a list of packages: SHA-1 over the sorted JSON texts of its entries.
pub fn hash(packages: &[PackageSpec]) -> String {
    let mut texts: Vec<String> = packages.iter().map(entry_text).collect();
    texts.sort();
    sha1_hex(texts.join("\n").as_bytes())
}

/// An entry as dbt serialises it before hashing: its fields, and what was written under `unrendered`.
fn entry_text(package: &PackageSpec) -> String {
    let mut entry = JsonMap::new();
    entry.insert(package.kind.key().to_owned(), Json::from(package.location.as_str()));
    if let Some(name) = &package.name {
        entry.insert("name".to_owned(), Json::from(name.as_str()));
    }
    entry.insert("unrendered".to_owned(), yaml::to_json(&Value::Map(package.unrendered.clone())));
    python_json(&Json::Object(entry))
}

/// JSON with sorted keys and spaces, everything outside ASCII escaped, as Python's `json.dumps` writes it.
fn python_json(value: &Json) -> String {
    match value {
        Json::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by_key(|(key, _)| key.as_str());
            let entries: Vec<String> =
                entries.into_iter().map(|(key, value)| format!("{}: {}", quoted(key), python_json(value))).collect();
            format!("{{{}}}", entries.join(", "))
        }
        Json::Array(items) => format!("[{}]", items.iter().map(python_json).collect::<Vec<_>>().join(", ")),
        Json::String(text) => quoted(text),
        other => other.to_string(),
    }
}

fn quoted(text: &str) -> String {
    let plain = Json::from(text).to_string();
    let mut escaped = String::with_capacity(plain.len());
    for c in plain.chars() {
        if c.is_ascii() {
            escaped.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(escaped, "\\u{unit:04x}");
            }
        }
    }
    escaped
}

/// Writes the lock file in one step: a reader sees the old one or the new one.
///
/// # Errors
/// The file cannot be written.
pub fn write(path: &Path, packages: &[(&PackageSpec, &str)], hash: &str) -> Result<()> {
    let mut text = String::from("packages:\n");
    for (package, name) in packages {
        let scalar = |value: &str| {
            let node = [(text_node("x"), text_node(value))].into_iter().collect();
            let dumped = yaml::dump(&Value::Map(node), DumpOptions::default());
            dumped.trim_start_matches("x: ").trim_end().to_owned()
        };
        let (location, name) = (scalar(&package.location), scalar(name));
        let _ = write!(text, "  - {}: {location}\n    name: {name}\n", package.kind.key());
    }
    let _ = writeln!(text, "sha1_hash: {hash}");
    save(path, &text)
        .map_err(|error| Error::runtime(format!("The file {} cannot be written: {error}.", path.display())))
}

fn text_node(text: &str) -> Node {
    Node::detached(Value::Str(text.to_owned()))
}

fn save(path: &Path, text: &str) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(".package-lock").tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.persist(path)?;
    Ok(())
}

/// SHA-1 in hexadecimal. The lock file's hash guards against stale files, not against attackers.
fn sha1_hex(bytes: &[u8]) -> String {
    let mut state: [u32; 5] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];
    let mut message = bytes.to_vec();
    message.push(0x80);
    while message.len() % 64 != 56 {
        message.push(0);
    }
    message.extend(((bytes.len() as u64) * 8).to_be_bytes());
    for block in message.chunks_exact(64) {
        mix(&mut state, block);
    }
    state.iter().map(|word| format!("{word:08x}")).collect()
}

/// One round of SHA-1 over a block of 64 bytes.
fn mix(state: &mut [u32; 5], block: &[u8]) {
    let mut words = [0u32; 80];
    for (word, bytes) in words.iter_mut().zip(block.chunks_exact(4)) {
        *word = bytes.iter().fold(0, |word, byte| word << 8 | u32::from(*byte));
    }
    for i in 16..80 {
        words[i] = (words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16]).rotate_left(1);
    }
    let [mut a, mut b, mut c, mut d, mut e] = *state;
    for (i, word) in words.iter().enumerate() {
        let (f, k) = match i / 20 {
            0 => (b & c | !b & d, 0x5a82_7999),
            1 => (b ^ c ^ d, 0x6ed9_eba1),
            2 => (b & c | b & d | c & d, 0x8f1b_bcdc),
            _ => (b ^ c ^ d, 0xca62_c1d6_u32),
        };
        let next = a.rotate_left(5).wrapping_add(f).wrapping_add(e).wrapping_add(k).wrapping_add(*word);
        (e, d, c, b, a) = (d, c, b.rotate_left(30), a, next);
    }
    for (sum, part) in state.iter_mut().zip([a, b, c, d, e]) {
        *sum = sum.wrapping_add(part);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // A failing look-up is a failing test.
mod tests {
    use super::*;
    use crate::project::packages::PackageKind;

    #[test]
    fn hashes_as_sha1() {
        assert_eq!(sha1_hex(b"abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
        assert_eq!(sha1_hex(&[b'a'; 200]), "e61cfffe0d9195a525fc6cf06ca2d77119c24a40");
    }

    #[test]
    fn hashes_a_list_as_dbt_does() {
        let unrendered = yaml::parse("local: ../loc", "packages.yml").unwrap().as_map().unwrap().clone();
        let package = PackageSpec {
            kind: PackageKind::Local,
            location: "../loc".to_owned(),
            name: None,
            rendered: unrendered.clone(),
            unrendered,
        };
        assert_eq!(hash(&[package]), "5e90532ad8b3b0364c71e2635292fd716cb6a4a6");
    }
}
