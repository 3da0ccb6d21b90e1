#!/usr/bin/env python3
"""Measure rdbt in one run with what it is compared to, so that the ratios hold on a slow day too.

usage: bench.py [--rdbt PATH] [--reference PATH-TO-DBT] [--project DIR] [--rounds N] [--most MODELS] [--only NAME...] [--json FILE]

Each bench is a function of `start.py`, `runs.py` or `tables.py`, where its docstring says what it measures. Prints one
line a figure; `--json` keeps them for `picture.py`. What stands beside DuckDB's figure is measured as it is: as a whole
process, from start to end, of the plain program in `plain.rs`.
"""
import argparse
import os
import pathlib
import shutil
import tempfile

import runs
import start
import tables
from measure import Figures
from replay import build_plain

ROOT = pathlib.Path(__file__).resolve().parent.parent
ALONE = [start.version, start.parse, start.cache, start.macros, start.compiling, start.scale]
BESIDE_DUCKDB = [runs.small_models, runs.demonstration, tables.seeds, tables.incremental, tables.snapshot]


def main():
    names = [bench.__name__ for bench in ALONE + BESIDE_DUCKDB]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rdbt", default=ROOT / "target" / "release" / "rdbt", type=pathlib.Path)
    parser.add_argument("--reference", type=pathlib.Path, help="a dbt with dbt-duckdb, to measure beside")
    parser.add_argument("--project", default=ROOT, type=pathlib.Path, help="the demonstration project")
    parser.add_argument("--rounds", default=3, type=int)
    parser.add_argument("--most", default=20000, type=int, help="the largest of the projects that grow, in models")
    parser.add_argument("--only", nargs="+", choices=names, default=names, metavar="NAME", help=", ".join(names))
    parser.add_argument("--json", type=pathlib.Path, help="where to write the figures")
    options = parser.parse_args()
    options.rdbt = options.rdbt.resolve()
    if not {bench.__name__ for bench in BESIDE_DUCKDB}.isdisjoint(options.only):
        options.plain = build_plain(ROOT)
    figures = Figures()
    # Nothing is deleted before the end: just after thousands of files are, ext4 looks long for the place of each new one.
    with tempfile.TemporaryDirectory(dir=place()) as folder:
        for bench in ALONE + BESIDE_DUCKDB:
            if bench.__name__ in options.only:
                work = pathlib.Path(folder) / bench.__name__
                work.mkdir()
                bench(options, work, figures)
    if options.json:
        figures.write(options.json)


def place():
    """Where the projects lie: in memory if there is enough of it, so that the disk counts for neither side; `TMPDIR` has the
    first word."""
    memory = pathlib.Path("/dev/shm")
    enough = memory.is_dir() and shutil.disk_usage(memory).free > 4 << 30
    return memory if enough and "TMPDIR" not in os.environ else None


if __name__ == "__main__":
    main()
