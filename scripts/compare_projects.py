#!/usr/bin/env python3
"""Run two dbt-compatible executables on copies of a project and say where they differ.

For each project both executables run the same commands in a copy of its folder. Compared are, after each command:
its exit code, the statuses (and with --messages the messages) of its nodes, every file below target/compiled and
target/run byte by byte, and every value of manifest.json, catalog.json, sources.json and the like; and in the end
columns, comments, constraints and rows of every relation in every DuckDB and Parquet file that is left.

What no two runs share is taken out first: times within the run, ids of the invocation, the folder of the copy. For
projects that print more of that (random ids, durations), --twice runs the reference a second time and leaves out
every place at which it differs from itself.

Prints one line a project, then each difference. Exit status: 0 when nothing differs, 1 otherwise. Packages must lie in
dbt_packages, or a `--command deps` installs them. Needs the `duckdb` package of Python; an interpreter that runs dbt
on DuckDB has it.
"""
import argparse
import collections
import pathlib
import shlex
import shutil
import sys
import tempfile

from comparison import Difference
from comparison.artifacts import compare_artifacts, compare_statuses
from comparison.files import compare_files, diff
from comparison.sides import run_side
from comparison.steady import Steady
from comparison.tables import compare_databases

DEFAULT = [["seed"], ["run"], ["snapshot"], ["test"], ["docs", "generate"]]


class Report:
    """The differences of one project, and how much was compared."""

    def __init__(self):
        self.found, self.seen = [], set()
        self.statuses, self.counts = collections.Counter(), collections.Counter()
        self.broken = None

    def add(self, differences):
        """Keeps differences; one that stays from command to command is told once."""
        for difference in differences:
            _, _, place = difference.where.partition(": ")
            key = (place or difference.where, difference.what)
            if key not in self.seen:
                self.seen.add(key)
                self.found.append(difference)

    def without(self, noise):
        """Leaves out the places that another comparison found."""
        places = {difference.where for difference in noise.found}
        self.found = [difference for difference in self.found if difference.where not in places]
        self.counts["noise"] = len(places)

    def line(self, name):
        """The one line on a project."""
        statuses = ", ".join(f"{count} {status}" for status, count in sorted(self.statuses.items()))
        counts = self.counts
        noise = f" ({counts['noise']} places differ between two runs of the reference)" if counts["noise"] else ""
        verdict = f"{len(self.found)} differences" if self.found else "equal"
        broken = f"; no node ran: {self.broken}" if self.broken and not self.statuses else ""
        return (
            f"{name}: {sum(self.statuses.values())} node results ({statuses}), {counts['compiled']} compiled and "
            f"{counts['run']} run files, {counts['relations']} relations: {verdict}{noise}{broken}"
        )

    def show(self, limit):
        """Prints the differences, of one kind no more than `limit`."""
        kinds = collections.Counter()
        for where, what in self.found:
            kind = kind_of(where)
            kinds[kind] += 1
            if kinds[kind] <= limit:
                print(f"  {where}\n      " + "\n      ".join(what.splitlines()))
        for kind, count in kinds.items():
            if count > limit:
                print(f"  {kind}: {count - limit} more; --limit shows them")


def last_words(output):
    """The end of what a command printed, in one line: mostly its error."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return " / ".join(lines[-4:]) or "nothing"


def kind_of(where):
    """What sort of place this is: a file of one kind, a key of an artifact, a status, a relation."""
    command, colon, place = where.partition(": ")
    if not colon:
        return "relations"
    if ".json/" in place:
        return f"{place.partition('/')[0]}, {place.rpartition('/')[2]}"
    kind, slash, _ = place.partition("/")
    return f"{kind} files" if slash else f"{command}: nodes"


def compare(left, right, options):
    """Compares two sides, command by command, and what they left in databases."""
    report = Report()
    steady = [Steady(side, (left, right)) for side in (left, right)]
    for here, there in zip(left.steps, right.steps):
        if here.exit_code != there.exit_code:
            tail = "\n".join(there.output.strip().splitlines()[-12:])
            report.add([Difference(f"{here.label}: exit code", f"{here.exit_code} against {there.exit_code}\n{tail}")])
        if here.exit_code > 1 and not report.broken:
            report.broken = f"`{here.label}` of the reference said: {last_words(here.output)}"
        statuses = here.statuses()
        report.statuses.update(status for status, _, _ in statuses.values())
        report.add(compare_statuses(here.label, statuses, there.statuses(), options.messages))
        pair = (here.artifacts, steady[0]), (there.artifacts, steady[1])
        for kind in ("compiled", "run"):
            count, found = compare_files(here.label, kind, *pair)
            report.counts[kind] = max(report.counts[kind], count)
            report.add(found)
        report.add(compare_artifacts(here.label, *pair))
        if options.console:
            texts = [side.console(step.output) for side, step in zip(steady, (here, there))]
            if texts[0] != texts[1]:
                report.add([Difference(f"{here.label}: console", diff(*texts))])
    report.counts["relations"], found = compare_databases((left.project, steady[0]), (right.project, steady[1]))
    report.add(found)
    return report


def compare_project(project, commands, options):
    """Runs both executables on one project and prints what was found; says whether nothing differs."""
    root = options.root.resolve() if options.root else project
    work = pathlib.Path(tempfile.mkdtemp(prefix="compare-"))
    kept = (options.reuse.resolve() / project.name) if options.reuse else work
    reference = run_side(options.reference, kept / "reference", root, project, commands, bool(options.reuse))
    candidate = run_side(options.candidate, work / "candidate", root, project, commands)
    report = compare(reference, candidate, options)
    if options.twice:
        again = run_side(options.reference, kept / "again", root, project, commands, bool(options.reuse))
        report.without(compare(reference, again, options))
    print(report.line(project.name), flush=True)
    report.show(options.limit)
    if options.keep:
        print(f"  kept in {work}")
    else:
        shutil.rmtree(work)
    return not report.found


def arguments():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--command", action="append", default=[], help="a command to compare, in place of the default: seed, run, snapshot, test, docs generate")
    parser.add_argument("--vars", action="append", default=[], help="one round of all commands with these variables")
    parser.add_argument("--root", type=pathlib.Path, help="a folder above the projects that is copied whole, for local packages in ../")
    parser.add_argument("--twice", action="store_true", help="leave out what differs between two runs of the reference")
    parser.add_argument("--messages", action="store_true", help="also compare the message of each node")
    parser.add_argument("--console", action="store_true", help="also compare what the commands print")
    parser.add_argument("--reuse", type=pathlib.Path, metavar="FOLDER", help="keep the reference's copies here; take them again while project and commands stay the same")
    parser.add_argument("--keep", action="store_true", help="keep the copies and say where they are")
    parser.add_argument("--limit", type=int, default=10, help="differences of one kind shown for each project (default: 10)")
    parser.add_argument("reference", help="the executable whose behaviour is right")
    parser.add_argument("candidate", help="the executable to compare with it")
    parser.add_argument("projects", nargs="+", type=pathlib.Path, metavar="PROJECT", help="a folder with a dbt_project.yml")
    options = parser.parse_args()
    options.reference, options.candidate = (executable(parser, name) for name in (options.reference, options.candidate))
    for project in options.projects:
        check_project(parser, project, options.root)
    return options


def executable(parser, name):
    """The absolute path of a program, since it runs in other folders; ends the script if there is none."""
    found = shutil.which(name)
    if not found:
        parser.error(f"{name} is not a program that can be run: give a path, or a name on the PATH")
    return str(pathlib.Path(found).absolute())


def check_project(parser, project, root):
    """Ends the script if a folder is no project, or does not lie below the folder that is to be copied."""
    if not (project / "dbt_project.yml").is_file():
        parser.error(f"{project} is no dbt project: it has no dbt_project.yml")
    if root and not project.resolve().is_relative_to(root.resolve()):
        parser.error(f"{project} does not lie below {root}, the folder of --root")


def main():
    """Compares each project; fails if anything differs."""
    options = arguments()
    commands = [shlex.split(command) for command in options.command] or DEFAULT
    rounds = [c + (["--vars", v] if v else []) for v in options.vars or [None] for c in commands]
    equal = [compare_project(project.resolve(), rounds, options) for project in options.projects]
    sys.exit(0 if all(equal) else 1)


if __name__ == "__main__":
    main()
