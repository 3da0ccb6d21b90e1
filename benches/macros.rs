//! How much CPU time lowering and compiling 2,400 macros takes: what a command pays for the macros that it calls, each once.
//!
//! Prints the least of several rounds, in milliseconds. `bench.py` runs it and gives it the folder of macros.

#![allow(clippy::print_stdout, reason = "a bench prints its figure")]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use rdbt::jinja::{Engine, macros_in_file};

/// The allocator of the program itself.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ROUNDS: usize = 7;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().skip(1).find(|arg| !arg.starts_with("--"));
    let Some(folder) = folder.map(PathBuf::from) else {
        println!("usage: cargo bench --bench macros -- FOLDER-OF-MACROS");
        return Ok(());
    };
    let mut least = f64::INFINITY;
    for _ in 0..ROUNDS {
        least = least.min(round(&folder)?);
    }
    println!("{least:.1}");
    Ok(())
}

/// Milliseconds in which a fresh engine lowers and compiles every macro of a folder. One thread does it, and nothing
/// waits, so that elapsed time is CPU time.
fn round(folder: &Path) -> Result<f64, Box<dyn Error>> {
    let engine = Engine::new();
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let file = macros_in_file(&std::fs::read_to_string(&path)?, &path.to_string_lossy(), "bench")
            .map_err(|error| error.to_string())?;
        for def in file.macros {
            names.push(def.unique_id.clone());
            engine.add_macro(Arc::new(def));
        }
    }
    let start = Instant::now();
    for name in &names {
        engine.compile(name).map_err(|error| error.to_string())?;
    }
    Ok(start.elapsed().as_secs_f64() * 1000.0)
}
