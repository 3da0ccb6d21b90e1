//! `manifest.json`: nodes, which are most of it, are written as text on all cores.

use std::io::{self, Write};

use rayon::prelude::*;

use super::file::Writer;
use super::python_json;
use crate::manifest::json::{Artifact, NodeJson};
use crate::manifest::{CompiledNodes, Node, UniqueId};

/// How many nodes a core takes at once; and how many such pieces are held as text before they go into the file.
const PIECE: usize = 64;
const HELD: usize = 16;

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
    for (index, held) in nodes.chunks(PIECE * HELD).enumerate() {
        let pieces: io::Result<Vec<Vec<u8>>> =
            held.par_chunks(PIECE).map(|piece| text(|out| write_piece(out, piece, compiled))).collect();
        let separator: &[u8] = if index > 0 { b", " } else { b"" };
        file.write_all(separator)?;
        file.write_all(&pieces?.join(&b", "[..]))?;
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
