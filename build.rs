//! Writes the table of dbt's standard macros that `src/builtin_macros/mod.rs` embeds, so that a macro file
//! is part of the program as soon as it lies in its folder; and tells the linker where the prebuilt libduckdb lies.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// Where the packages of standard macros lie, seen from the package root.
const ROOT: &str = "src/builtin_macros";

/// The packages: those of dbt, then our own.
const PACKAGES: [&str; 3] = ["dbt", "dbt_duckdb", "rdbt_builtin"];

fn main() -> io::Result<()> {
    let crate_root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    // The target folder may lie anywhere, so the checkout's library folder is named in full; but not in what leaves the machine.
    println!("cargo:rerun-if-env-changed=RDBT_PORTABLE");
    if env::var_os("RDBT_PORTABLE").is_none() {
        println!("cargo:rustc-link-arg=-Wl,-rpath,{}", crate_root.join(".libduckdb").display());
    }
    // Where a wheel puts it: below the environment's folder, beside `bin/`.
    println!("cargo:rustc-link-arg=-Wl,-rpath,$ORIGIN/../lib/rdbt");
    if env::var("CARGO_CFG_TARGET_OS").is_ok_and(|system| system == "linux") {
        share_allocator(&crate_root);
        // At a fixed address: moving the program's tables to a random one is a third of what starting it takes.
        println!("cargo:rustc-link-arg-bin=rdbt=-no-pie");
    }
    let out_dir = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());

    let mut table = String::from("&[\n");
    for package in PACKAGES {
        println!("cargo:rerun-if-changed={ROOT}/{package}");
        let folder = crate_root.join(ROOT).join(package);
        let mut files = Vec::new();
        collect_files(&folder, &folder, &mut files)?;
        files.sort();
        for path in files {
            let source = folder.join(&path);
            let hash = fnv1a(&fs::read(&source)?);
            // A write to a String cannot fail.
            let _ = writeln!(
                table,
                "    BuiltinFile {{ package: {package:?}, path: {path:?}, source: include_str!({source:?}), hash: {hash} }},"
            );
        }
    }
    table.push_str("]\n");
    fs::write(out_dir.join("builtin_macros.rs"), table)
}

/// Lets libduckdb, which is loaded later, find the program's allocator instead of the C library's: planning a small
/// statement is mostly allocating, and takes a sixth less time with this one.
fn share_allocator(crate_root: &Path) {
    let names = crate_root.join("scripts").join("allocator.list");
    println!("cargo:rerun-if-changed={}", names.display());
    println!("cargo:rustc-link-arg-bin=rdbt=-Wl,--dynamic-list={}", names.display());
}

/// The 64-bit FNV-1a hash of a file's bytes.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Adds to `files` the path, relative to `root` and with forward slashes, of every macro and docs file
/// below `folder`.
fn collect_files(root: &Path, folder: &Path, files: &mut Vec<String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect_files(root, &path, files)?;
        } else if path.extension().is_some_and(|end| end == "sql" || end == "md") {
            let relative = path.strip_prefix(root).map_err(io::Error::other)?;
            files.push(relative.to_string_lossy().replace('\\', "/"));
        }
    }
    Ok(())
}
