#!/usr/bin/env python3
"""Run two dbt-compatible executables on copies of a project and say where their JSON logs differ.

Both run the same commands with `--log-format json --log-level debug` and one thread. For the events that tools read
(`EXACT` in comparison/logs.py) and all that a console shows, the order, names, codes, levels, messages, fields and
values must be equal; other debug events are counted, and listed with --others. So are statements that belong to no
node: what fills the cache of relations, in an order that dbt does not fix.

Without a project, tests/data/logs is taken, with commands that bring about each event: seeds, models, tests that
fail, errors of statements, templates and YAML, snapshots, freshness, operations, documentation. Exit status: 0 when
nothing differs, 1 otherwise.
"""
import argparse
import collections
import json
import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import tempfile

from comparison import Difference
from comparison.logs import compare_logs, other_events, shapes
from comparison.sides import LEFTOVERS, QUIET

PROJECT = pathlib.Path(__file__).parent.parent / "tests" / "data" / "logs"
ALWAYS = ["--no-use-colors", "--log-format", "json", "--log-level", "debug", "--no-partial-parse"]
COMMANDS = """
    seed
    run
    run --full-refresh --select visits+
    run --vars '{column: nope}'
    retry
    test
    test --vars '{allowed: 0}'
    snapshot
    snapshot
    build
    build --vars '{column: nope}'
    build --fail-fast --vars '{column: nope}'
    build --empty --select stg_people
    source freshness
    run-operation greet --args '{name: you}'
    run-operation stumble
    run-operation warn_me
    run-operation absent
    compile
    compile --select report
    show --select report
    show --inline 'select 1 as a'
    ls
    parse
    docs generate
    run --select nothing
    run --target absent
    run --vars '{extra: unclosed}'
    run --warn-error --select nothing
    debug
    clean
"""


def run(executable, folder, command):
    """What a command wrote, and its exit code."""
    done = subprocess.run(
        [executable, *ALWAYS, *shlex.split(command)],
        cwd=folder, env={**os.environ, **QUIET}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )
    return {"command": command, "output": done.stdout, "code": done.returncode, "folder": str(folder)}


def run_all(executable, folder, project, commands, reuse=False):
    """Runs the commands in a fresh copy of the project below `folder`; with `reuse`, takes what an earlier call kept."""
    kept = folder / "logs.json"
    if reuse and kept.exists():
        steps = json.loads(kept.read_text())
        if [step["command"] for step in steps] == commands:
            return steps
    folder.mkdir(parents=True, exist_ok=True)
    copy = folder / project.name
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(project, copy, ignore=shutil.ignore_patterns(*LEFTOVERS), symlinks=True)
    steps = [run(executable, copy, command) for command in commands]
    kept.write_text(json.dumps(steps))
    return steps


def compare_project(project, options):
    """Compares the logs of each command; prints the differences, and says whether there are any."""
    commands = options.command or [line.strip() for line in COMMANDS.strip().splitlines()]
    work = pathlib.Path(tempfile.mkdtemp(prefix="compare-logs-"))
    kept = options.reuse.resolve() if options.reuse else work
    reference = run_all(options.reference, kept / "reference", project, commands, bool(options.reuse))
    candidate = run_all(options.candidate, work / "candidate", project, commands)
    if options.record:
        recorded = {step["command"]: list(shapes(step["output"], step["folder"])) for step in reference}
        options.record.write_text(json.dumps(recorded, indent=1) + "\n")
    found, others = [], collections.Counter()
    for here, there in zip(reference, candidate):
        if here["code"] != there["code"]:
            found.append(Difference(f"{here['command']}: exit code", f"{here['code']} against {there['code']}"))
        sides = [(side["output"], side["folder"]) for side in (here, there)]
        found += compare_logs(here["command"], *sides)
        others.update({(name, side): n for name, counts in other_events(*sides).items() for side, n in enumerate(counts)})
    print(f"{project.name}: {len(commands)} commands, {len(found)} differences")
    for where, what in found:
        print(f"  {where}\n      " + "\n      ".join(what.splitlines()))
    for name in sorted({name for name, _ in others}) if options.others else []:
        print(f"  {name}: {others[name, 0]} in the reference, {others[name, 1]} in the candidate")
    if options.keep:
        print(f"  kept in {work}")
    else:
        shutil.rmtree(work)
    return bool(found)


def arguments():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--command", action="append", default=[], help="a command to compare, in place of the default ones")
    parser.add_argument("--others", action="store_true", help="also list the other debug events that one side has more of")
    parser.add_argument("--reuse", type=pathlib.Path, metavar="FOLDER", help="keep the reference's logs here; take them again while the commands stay the same")
    parser.add_argument("--keep", action="store_true", help="keep the copies and say where they are")
    parser.add_argument("--record", type=pathlib.Path, metavar="FILE", help="write the shapes of the reference's events here")
    parser.add_argument("reference", help="the executable whose behaviour is right")
    parser.add_argument("candidate", help="the executable to compare with it")
    parser.add_argument("projects", nargs="*", type=pathlib.Path, default=[PROJECT], metavar="PROJECT", help="a folder with a dbt_project.yml")
    options = parser.parse_args()
    for side in ("reference", "candidate"):
        found = shutil.which(getattr(options, side))
        if not found:
            parser.error(f"{getattr(options, side)} is not a program that can be run: give a path, or a name on the PATH")
        setattr(options, side, str(pathlib.Path(found).absolute()))
    return options


def main():
    """Compares each project; fails if anything differs."""
    options = arguments()
    differ = [compare_project(project.resolve(), options) for project in options.projects]
    sys.exit(1 if any(differ) else 0)


if __name__ == "__main__":
    main()
