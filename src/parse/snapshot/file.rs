//! The file of a snapshot: a line with version, key and the lengths and digests of its parts, then the parts in
//! MessagePack. It is replaced as a whole, and a part is trusted only if its digest fits.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;

use rayon::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Circumstances;
use super::content::{Frame, batches};
use crate::manifest::{IdMap, Macro, Manifest, NodeBox};
use crate::parse::cache::{digest, replace};

/// Name and version of the format.
const FORMAT: &str = "rdbt-manifest 3";

/// Bytes of a node, roughly: a model of a few lines or a test.
const NODE: usize = 640;

/// What a file holds, but for its circumstances.
#[derive(Debug)]
pub struct Content {
    frame: Frame,
    manifest: Manifest,
    nodes: Vec<Vec<NodeBox>>,
}

impl Content {
    /// The manifest with these macros, which are the same as when it was put away.
    pub fn with_macros(self, macros: IdMap<Macro>) -> Option<Manifest> {
        self.frame.restore(Manifest { macros, ..self.manifest }, self.nodes)
    }
}

/// A file as it was found.
#[derive(Debug)]
pub struct Stored {
    bytes: Vec<u8>,
    /// Where each part begins and ends, and its digest.
    parts: Vec<(usize, usize, String)>,
}

impl Stored {
    /// The file at `path`; none if there is none, or it has another key than this, which its first line says, or is not as
    /// long as it says.
    pub fn read(path: &Path, key: &str) -> Option<Stored> {
        let mut file = BufReader::new(File::open(path).ok()?);
        let mut head = String::new();
        file.read_line(&mut head).ok()?;
        let mut words = head.strip_prefix(FORMAT)?.split_ascii_whitespace();
        if words.next()? != key {
            return None;
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).ok()?;
        let mut at = 0usize;
        let mut parts = Vec::new();
        for word in words {
            let (length, digest) = word.split_once(':')?;
            let next = at.checked_add(length.parse().ok()?).filter(|next| *next <= bytes.len())?;
            parts.push((at, next, digest.to_owned()));
            at = next;
        }
        Some(Stored { bytes, parts })
    }

    /// The circumstances under which it was made.
    pub fn circumstances(&self) -> Option<Circumstances> {
        self.part(0)
    }

    /// What it holds; none if it is not whole.
    pub fn content(&self) -> Option<Content> {
        let (rest, nodes) = rayon::join(
            || Some((self.part(1)?, self.part(2)?)),
            || (3..self.parts.len()).into_par_iter().map(|index| self.part(index)).collect::<Option<Vec<_>>>(),
        );
        let (frame, manifest) = rest?;
        Some(Content { frame, manifest, nodes: nodes? })
    }

    fn part<T: DeserializeOwned>(&self, index: usize) -> Option<T> {
        let (begin, end, expected) = self.parts.get(index)?;
        let bytes = &self.bytes[*begin..*end];
        if digest(&[bytes]) == *expected { rmp_serde::from_slice(bytes).ok() } else { None }
    }
}

/// Replaces the file.
///
/// # Errors
/// The folder cannot be made or written to.
pub fn write(path: &Path, key: &str, circumstances: &Circumstances, manifest: &Manifest) -> io::Result<()> {
    let (rest, nodes) = rayon::join(
        || [packed(circumstances, 0), packed(&Frame::of(manifest), 0), packed(manifest, 0)],
        || batches(manifest).par_iter().map(|nodes| packed(nodes, nodes.len() * NODE)).collect::<Vec<_>>(),
    );
    let parts = rest.into_iter().chain(nodes).collect::<io::Result<Vec<_>>>()?;
    let mut head = format!("{FORMAT} {key}");
    for (bytes, digest) in &parts {
        head.push_str(&format!(" {}:{digest}", bytes.len()));
    }
    replace(path, |file| {
        writeln!(file, "{head}")?;
        parts.iter().try_for_each(|(bytes, _)| file.write_all(bytes))
    })
}

/// A part of about `capacity` bytes with its digest.
fn packed<T: Serialize>(value: &T, capacity: usize) -> io::Result<(Vec<u8>, String)> {
    let mut bytes = Vec::with_capacity(capacity);
    rmp_serde::encode::write(&mut bytes, value).map_err(io::Error::other)?;
    let digest = digest(&[&bytes]);
    Ok((bytes, digest))
}
