#!/usr/bin/env python3
"""Run two dbt-compatible executables on copies of a project and say where they differ.

usage: compare_projects.py [--keep] [--vars YAML]... [--command "build --full-refresh"]... REFERENCE CANDIDATE PROJECT...

For each project both executables run the same commands (default: `seed`, `run`, `snapshot`, `test`; each --vars makes
one round) in a copy of the folder of the same name, so that database names agree. Compared are: exit codes, node
statuses of run_results.json, every file below target/compiled and target/run, and schema and contents of every table
and view in every DuckDB file that is left. Prints one line a project, then each difference. Needs the `duckdb` Python
package: run it with an interpreter that has it. Exit status: 0 when nothing differs, 1 otherwise.
"""
import argparse
import difflib
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

import duckdb

SKIP = shutil.ignore_patterns("target", "logs", ".git", "*.duckdb", "*.duckdb.wal", ".libduckdb")


def run(executable, folder, arguments):
    environment = {**os.environ, "DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "DO_NOT_TRACK": "1"}
    done = subprocess.run(
        [executable, "--no-use-colors", *arguments], cwd=folder, env=environment, capture_output=True, text=True
    )
    results = folder / "target" / "run_results.json"
    statuses = {}
    if results.exists():
        for result in json.loads(results.read_text())["results"]:
            statuses[result["unique_id"]] = (result["status"], result["failures"], result["message"])
    return done, statuses


def files_below(folder):
    return {str(path.relative_to(folder)): path for path in sorted(folder.rglob("*")) if path.is_file()}


def compare_files(kind, reference, candidate):
    left, right = files_below(reference / "target" / kind), files_below(candidate / "target" / kind)
    for name in sorted(left.keys() | right.keys()):
        if name not in right:
            yield f"{kind}/{name}: only the reference wrote it"
        elif name not in left:
            yield f"{kind}/{name}: only the candidate wrote it"
        else:
            # Seeds name their file in full; the two copies lie in different folders.
            # Temporary tables carry the time of the run in their names.
            here, there = (
                re.sub(rb"__dbt_tmp\d{12,}", b"__dbt_tmp", path.read_bytes().replace(str(folder).encode(), b"PROJECT"))
                for path, folder in ((left[name], reference), (right[name], candidate))
            )
            if here == there:
                continue
            diff = difflib.unified_diff(
                here.decode(errors="replace").splitlines(),
                there.decode(errors="replace").splitlines(),
                "reference",
                "candidate",
                lineterm="",
                n=1,
            )
            yield f"{kind}/{name}:\n    " + "\n    ".join(list(diff)[:20] or ["(line ends differ)"])


def tables_of(path):
    connection = duckdb.connect(str(path), read_only=True)
    tables = {}
    listed = connection.execute(
        "select table_schema, table_name, table_type from information_schema.tables order by all"
    ).fetchall()
    for schema, name, kind in listed:
        quoted = f'"{schema}"."{name}"'
        columns = connection.execute(f"describe {quoted}").fetchall()
        try:
            rows = connection.execute(f"select * from {quoted} order by all").fetchall()
        except duckdb.Error as error:
            rows = f"cannot be read: {error}"
        tables[f"{schema}.{name}"] = (kind, [column[:2] for column in columns], rows)
    return tables


def volatile(columns):
    """Positions of columns that hold the time of the run: equal by type only."""
    names = ("dbt_updated_at", "dbt_valid_from", "dbt_valid_to", "dbt_scd_id", "_loaded_at", "_run_at")
    return {index for index, (name, _) in enumerate(columns) if name in names}


def compare_databases(reference, candidate):
    for path in sorted(reference.rglob("*.duckdb")):
        name = path.relative_to(reference)
        other = candidate / name
        if not other.exists():
            yield f"{name}: the candidate left no such database"
            continue
        left, right = tables_of(path), tables_of(other)
        for table in sorted(left.keys() | right.keys()):
            if table not in left or table not in right:
                yield f"{name} {table}: only in the {'reference' if table in left else 'candidate'}"
            elif left[table][:2] != right[table][:2]:
                yield f"{name} {table}: {left[table][:2]} against {right[table][:2]}"
            elif left[table][2] != right[table][2]:
                ignored = volatile(left[table][1])
                strip = lambda rows: sorted(
                    (repr([v for i, v in enumerate(row) if i not in ignored]) for row in rows)
                )
                if isinstance(left[table][2], str) or strip(left[table][2]) != strip(right[table][2]):
                    yield f"{name} {table}: contents differ"


def compare_statuses(label, reference, candidate):
    for unique_id in sorted(reference.keys() | candidate.keys()):
        left, right = reference.get(unique_id), candidate.get(unique_id)
        if left is None or right is None or left[:2] != right[:2]:
            yield f"{label}: {unique_id}: {left} against {right}"


def compare(reference, candidate, project, rounds, keep):
    work = pathlib.Path(tempfile.mkdtemp(prefix="compare-"))
    folders = []
    for side in ("reference", "candidate"):
        folder = work / side / project.name
        shutil.copytree(project, folder, ignore=SKIP, symlinks=True)
        folders.append(folder)
    differences, nodes = [], 0
    for arguments in rounds:
        label = " ".join(arguments)
        (left, left_statuses), (right, right_statuses) = (
            run(executable, folder, arguments) for executable, folder in zip((reference, candidate), folders)
        )
        nodes += len(left_statuses)
        if left.returncode != right.returncode:
            tail = "\n    ".join((right.stdout + right.stderr).strip().splitlines()[-12:])
            differences.append(f"{label}: exit code {left.returncode} against {right.returncode}\n    {tail}")
        differences += compare_statuses(label, left_statuses, right_statuses)
        for kind in ("compiled", "run"):
            differences += [f"{label}: {line}" for line in compare_files(kind, *folders)]
    differences += compare_databases(*folders)
    verdict = "equal" if not differences else f"{len(differences)} differences"
    print(f"{project.name}: {len(rounds)} commands, {nodes} node results: {verdict}")
    for difference in differences:
        print(f"  {difference}")
    if keep:
        print(f"  kept in {work}")
    else:
        shutil.rmtree(work)
    return not differences


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keep", action="store_true", help="keep the two copies and say where they are")
    parser.add_argument("--vars", action="append", default=[], help="one round of commands with these variables")
    parser.add_argument("--command", action="append", default=[], help="a command to compare, in place of the default")
    parser.add_argument("reference")
    parser.add_argument("candidate")
    parser.add_argument("projects", nargs="+", type=pathlib.Path)
    options = parser.parse_args()
    commands = [shlex.split(command) for command in options.command] or [["seed"], ["run"], ["snapshot"], ["test"]]
    rounds = [c + (["--vars", v] if v else []) for v in options.vars or [None] for c in commands]
    results = [
        compare(options.reference, options.candidate, project.resolve(), rounds, options.keep)
        for project in options.projects
    ]
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
