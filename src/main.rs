//! The program: hands the command line over and returns its exit code.

use std::process::ExitCode;

/// A project is many small allocations on all cores: with the system's allocator they took 28 % of a parse.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    rdbt::cli::main(std::env::args_os())
}
