#!/usr/bin/env python3
"""Records the names and signatures of an executable's standard macros.

    record_macro_signatures.py SIGNATURES.json --dbt PATH-TO-DBT [--compare]

Of every macro in the manifest of a project without macros of its own are written: its header (name, parameters and their
defaults), its file, the arguments that `validate_macro_args` reads off it, the languages that it supports and the macros
that it calls. With `--compare` nothing is written; macros that differ from what is written are printed, and fail the
script.

`tests/macro_projects.rs` holds rdbt to `tests/data/macros/signatures.json`.
"""
import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile

PROJECT = "name: shop\nprofile: shop\nflags: {validate_macro_args: true}\n"
PROFILE = "shop:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: ':memory:'}\n"
HEADER = re.compile(r"\{%-?\s*(macro|test|data_test|materialization)\s+(.*?)\s*-?%\}", re.DOTALL)


def header(source):
    """The header of a macro's text without what may be written one way or another: spaces, quotes, `True` and `true`."""
    kind, text = HEADER.search(source).groups()
    text = re.sub(r"\s+", "", text).replace('"', "'")
    return f"{kind} " + re.sub(r"\b(True|False|None)\b", lambda word: word[0].lower(), text)


def facts(found):
    """What is compared of a macro."""
    return {
        "header": header(found["macro_sql"]),
        "path": found["original_file_path"],
        "arguments": [[argument["name"], argument["type"]] for argument in found["arguments"]],
        "languages": found["supported_languages"],
        "calls": sorted(found["depends_on"]["macros"]),
    }


def signatures(dbt):
    """The macros by unique id."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "dbt_project.yml").write_text(PROJECT)
        (folder / "profiles.yml").write_text(PROFILE)
        subprocess.run([dbt, "--quiet", "parse"], cwd=folder, capture_output=True, check=True)
        macros = json.loads((folder / "target/manifest.json").read_text(encoding="utf-8"))["macros"]
    return {unique_id: facts(found) for unique_id, found in sorted(macros.items())}


def main():
    """Reads the arguments; records or compares."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("signatures", type=pathlib.Path)
    parser.add_argument("--dbt", required=True, type=pathlib.Path)
    parser.add_argument("--compare", action="store_true")
    options = parser.parse_args()
    found = signatures(options.dbt.absolute())
    if not options.compare:
        lines = ",\n".join(f" {json.dumps(unique_id)}: {json.dumps(macro)}" for unique_id, macro in found.items())
        options.signatures.write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")
        return
    expected = json.loads(options.signatures.read_text(encoding="utf-8"))
    differing = [name for name in sorted({*expected, *found}) if expected.get(name) != found.get(name)]
    for name in differing:
        print(f"{name}\n  expected {expected.get(name)}\n  found    {found.get(name)}")
    sys.exit(1 if differing else 0)


if __name__ == "__main__":
    main()
