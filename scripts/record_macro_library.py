#!/usr/bin/env python3
"""Records what calls of the standard macros give under an executable.

    record_macro_library.py CASES.json --dbt PATH-TO-DBT [--compare]

A case is a call, such as `dbt.dateadd('day', 1, 'd')`. All are rendered in one run, each in a model of its own that a
materialization of `tests/data/macros/probe.sql` leaves unbuilt. What came of a call is written into its case as
`expected`: whether it fails, and the text or the error, without addresses of objects and without the model's name. With
`--compare` nothing is written; the calls that come out otherwise than expected are printed, and fail the script.

`tests/macro_projects.rs` holds rdbt to the expectations of `tests/data/macros/library.json`.
"""
import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile

PROBE = pathlib.Path(__file__).resolve().parent.parent / "tests/data/macros/probe.sql"
PROFILE = """shop:
  target: dev
  outputs:
    dev: {type: duckdb, path: dev.duckdb, threads: 1, attach: [{path: ':memory:', alias: mem}]}
"""


def write(folder, cases):
    """The project of the calls."""
    (folder / "models").mkdir()
    (folder / "macros").mkdir()
    (folder / "dbt_project.yml").write_text("name: shop\nprofile: shop\nmodels: {+materialized: probe}\n")
    (folder / "profiles.yml").write_text(PROFILE)
    (folder / "macros/probe.sql").write_text(PROBE.read_text(encoding="utf-8"))
    for index, case in enumerate(cases):
        text = "{% if execute %}{% set r = " + case["call"] + " %}{{ show(r) }}{% endif %}\n"
        (folder / f"models/case_{index:04}.sql").write_text(text)


def outcomes(dbt, cases):
    """What came of each call, in order."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        write(folder, cases)
        subprocess.run([dbt, "--quiet", "run"], cwd=folder, capture_output=True, check=False)
        results = json.loads((folder / "target/run_results.json").read_text(encoding="utf-8"))["results"]
    found = [None] * len(cases)
    for result in results:
        index = int(result["unique_id"].rsplit("_", 1)[1])
        failed = result["status"] == "error"
        text = (result["message"] if failed else result["compiled_code"]) or ""
        if failed:  # The line that says where a template failed is none of dbt's.
            text = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("At "))
        text = re.sub(r"case_\d{4}", "case", re.sub("0x[0-9a-f]+", "0x", text))
        found[index] = {"fails": failed, "text": text}
    return found


def main():
    """Reads the arguments; records or compares."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", type=pathlib.Path)
    parser.add_argument("--dbt", required=True, type=pathlib.Path)
    parser.add_argument("--compare", action="store_true")
    options = parser.parse_args()
    cases = json.loads(options.cases.read_text(encoding="utf-8"))
    differing = 0
    for case, found in zip(cases, outcomes(options.dbt.absolute(), cases)):
        if not options.compare:
            case["expected"] = found
        elif found != case.get("expected"):
            differing += 1
            print(f"{case['call']}\n  expected {case.get('expected')}\n  found    {found}")
    if not options.compare:
        lines = ",\n".join(" " + json.dumps(case) for case in cases)
        options.cases.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    sys.exit(1 if differing else 0)


if __name__ == "__main__":
    main()
