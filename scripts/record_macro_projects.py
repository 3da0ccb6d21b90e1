#!/usr/bin/env python3
"""Records what an executable makes of small projects that dispatch, override and call macros.

    record_macro_projects.py CASES.json --dbt PATH-TO-DBT [--only TEXT] [--compare]

A case has a name, the files of a project and a command. Each is run in a folder of its own; what came of it is written
into the case as `expected`: the exit code, per node the macros it depends on, its relation, compiled text, status and
message, per macro of the project the macros it calls, and what the console said of an error or a log call. With
`--compare` nothing is written; the cases that come out otherwise than expected are printed, and fail the script.

`tests/macro_projects.rs` holds rdbt to the expectations of `tests/data/macros/projects.json`.
"""
import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile

INTERNAL = ("dbt", "dbt_duckdb")
TIME = re.compile(r"^\d\d:\d\d:\d\d  ", re.MULTILINE)


def read(path):
    """A JSON file, or nothing where there is none."""
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def without_place(text):
    """A message without the line that says where a template failed: dbt has none like it."""
    return "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("At "))


def nodes(manifest, results):
    """What is known of each node of a manifest."""
    ran = {result["unique_id"]: result for result in results.get("results", [])}
    for unique_id, node in sorted(manifest.get("nodes", {}).items()):
        found = {"macros": node.get("depends_on", {}).get("macros", [])}
        if node["resource_type"] in ("model", "snapshot", "seed"):
            found["relation"] = node.get("relation_name")
        if unique_id in ran:
            found["status"] = ran[unique_id]["status"]
            found["compiled"] = ran[unique_id].get("compiled_code")
            if found["status"] == "error":
                found["message"] = without_place(ran[unique_id]["message"])
        yield unique_id, found


def said(console):
    """The console's words on an error, or what an operation logged."""
    text = TIME.sub("", console)
    at = text.find("Encountered an error")
    if at >= 0:
        return without_place(text[at:]).rstrip()
    return "\n".join(line for line in text.splitlines() if line.startswith(("op ", "Error", "Runtime", "Compilation")))


def outcome(dbt, case):
    """Runs a case and gives what came of it."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for name, text in case["files"].items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        command = [dbt, *case["command"]]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        manifest, results = read(folder / "target/manifest.json"), read(folder / "target/run_results.json")
        if case["command"][0] == "run-operation":
            results = {}
        macros = {
            unique_id: found["depends_on"]["macros"]
            for unique_id, found in sorted(manifest.get("macros", {}).items())
            if found["package_name"] not in INTERNAL
        }
        return {
            "code": done.returncode,
            "nodes": dict(nodes(manifest, results)),
            "macros": macros,
            "said": said(done.stdout).replace(str(folder), "HERE"),
        }


def main():
    """Reads the arguments; records or compares."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", type=pathlib.Path)
    parser.add_argument("--dbt", required=True, type=pathlib.Path)
    parser.add_argument("--only", default="")
    parser.add_argument("--compare", action="store_true")
    options = parser.parse_args()
    cases = read(options.cases)
    differing = 0
    for case in cases:
        if options.only not in case["name"]:
            continue
        found = outcome(options.dbt.absolute(), case)
        if not options.compare:
            case["expected"] = found
        elif found != case.get("expected"):
            differing += 1
            print(f"{case['name']}\n  expected {json.dumps(case.get('expected'))}\n  found    {json.dumps(found)}")
    if not options.compare:
        options.cases.write_text(json.dumps(cases, indent=1) + "\n", encoding="utf-8")
    sys.exit(1 if differing else 0)


if __name__ == "__main__":
    main()
