"""What `rdbt run` costs beside a plain program that sends DuckDB the same statements on as many connections, and what it is sent."""
import collections
import pathlib
import shutil
import subprocess
import sys

from measure import wall
from projects import write_small_models
from replay import logged_statements

REPLAY = pathlib.Path(__file__).with_name("replay.py")


def replayed(database, project, threads):
    """Seconds of the plain program with the statements of the project's last run, in a process of its own."""
    command = [sys.executable, REPLAY, database, project / "logs" / "dbt.log", project / "target" / "manifest.json"]
    return float(subprocess.run([*command, str(threads)], check=True, capture_output=True, text=True).stdout)


def beside(options, project, database, threads, before=None):
    """Rounds of `rdbt run` and of the plain program in turn, each from the database as it was `before`, or from none."""
    ours, plain, copy = [], [], project / "plain" / database.name
    copy.parent.mkdir(exist_ok=True)
    for _ in range(options.rounds):
        for file in (database, copy):
            file.unlink(missing_ok=True)
            if before:
                shutil.copy(before, file)
        shutil.rmtree(project / "logs", ignore_errors=True)
        ours.append(wall([options.rdbt, "run", "--threads", str(threads)], project))
        plain.append(replayed(copy, project, threads))
    return ours, plain


def demonstration(options, work, figures):
    """The demonstration project after `seed`, on one thread and on four."""
    project = work / "demonstration"
    ignored = shutil.ignore_patterns("target", ".git", "src", "logs", "*.duckdb*", ".libduckdb")
    shutil.copytree(options.project, project, ignore=ignored)
    wall([options.rdbt, "seed"], project)
    database = next(project.glob("*.duckdb"))
    seeded = work / "seeded.duckdb"
    shutil.copy(database, seeded)
    for threads in (1, 4):
        ours, plain = beside(options, project, database, threads, seeded)
        name = f"`run` of the demonstration project, {threads} thread{'s' * (threads > 1)}, wall"
        figures.add(f"demonstration_{threads}", name, ours, duckdb=plain)


def small_models(options, work, figures):
    """A thousand models that cost DuckDB next to nothing, into a new database and again into that."""
    project = work / "small"
    write_small_models(project, 1000)
    database, built = project / "bench.duckdb", work / "built.duckdb"
    for threads in (1, 2):
        ours, plain = beside(options, project, database, threads)
        name = f"`run` of 1,000 small models, {threads} connection{'s' * (threads > 1)}, wall"
        figures.add(f"small_{threads}", name, ours, duckdb=plain, ratio_goal=1.15)
    catalogue_queries(project, figures)
    shutil.copy(database, built)
    ours, plain = beside(options, project, database, 1, built)
    figures.add("small_again", "the same again, 1 connection, wall", ours, duckdb=plain, ratio_goal=1.15)


def catalogue_queries(project, figures):
    """Queries of the catalogue in the last run: how many, and how often the most frequent was sent."""
    marks = ("information_schema", "duckdb_", "pg_catalog", "system.")
    sent = [text for _, text in logged_statements(project / "logs" / "dbt.log") if any(mark in text for mark in marks)]
    figures.add("catalogue", "catalogue queries of that run", [len(sent)], "")
    most = max(collections.Counter(sent).values(), default=0)
    figures.add("catalogue_repeated", "the same catalogue query, at most", [most], "times", goal=1)
