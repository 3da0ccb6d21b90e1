//! `manifest.json`: nodes, which are most of it, are written as text on all cores.

use std::io::{self, Write};

use rayon::prelude::*;

use super::file::Writer;
use super::python_json;
use crate::manifest::json::{Artifact, NodeJson};
use crate::manifest::{CompiledNodes, Node, UniqueId};

/// How many nodes a core takes at once. What they are as text stays in its caches until it goes into the file.
const PIECE: usize = 32;

/// Writes the artifact.
///
/// # Errors
/// The file cannot be written.
pub(super) fn write(file: &mut Writer, artifact: &Artifact<'_>) -> io::Result<()> {
    file.write_all(b"{\"metadata\": ")?;
    python_json::write(&mut *file, artifact.metadata)?;
    file.write_all(b", \"nodes\": {")?;
    let nodes = || write_nodes(file, &artifact.nodes(), artifact.compiled);
    let (nodes, rest) = rayon::join(nodes, || text(|out| python_json::write(out, &artifact.rest())));
    nodes?;
    file.write_all(b"}, ")?;
    file.write_all(rest?.get(1..).unwrap_or_default())
}

fn write_nodes(file: &mut Writer, nodes: &[(&UniqueId, &Node)], compiled: &CompiledNodes) -> io::Result<()> {
    let mut texts = vec![Vec::new(); 2 * rayon::current_num_threads()];
    let mut separator: &[u8] = b"";
    for held in nodes.chunks(PIECE * texts.len()) {
        let pieces = held.par_chunks(PIECE).zip(&mut texts);
        pieces.map(|(piece, out)| write_piece(out, piece, compiled)).collect::<io::Result<()>>()?;
        for out in texts.iter_mut().filter(|out| !out.is_empty()) {
            file.write_all(separator)?;
            file.write_all(out)?;
            out.clear();
            separator = b", ";
        }
    }
    Ok(())
}

fn write_piece(out: &mut Vec<u8>, nodes: &[(&UniqueId, &Node)], compiled: &CompiledNodes) -> io::Result<()> {
    for (index, (id, node)) in nodes.iter().enumerate() {
        out.extend_from_slice(if index > 0 { b", " } else { b"" });
        python_json::write(&mut *out, id)?;
        out.extend_from_slice(b": ");
        let compiled = compiled.get(id);
        python_json::write(&mut *out, &NodeJson { node, compiled: compiled.as_deref() })?;
    }
    Ok(())
}

fn text(write: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    write(&mut out)?;
    Ok(out)
}
