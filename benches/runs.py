"""What `rdbt run` costs beside a plain program that sends DuckDB the same statements on as many connections, and what it is sent."""
import collections
import shutil

from measure import wall
from projects import write_small_models
from replay import job_of, logged_statements, plain


def beside(options, project, database, threads, before=None):
    """Rounds of `rdbt run` and of the plain program in turn, each from the database as it was `before`, or from none."""
    ours, theirs, copy = [], [], project / "plain" / database.name
    copy.parent.mkdir(exist_ok=True)
    for _ in range(options.rounds):
        for file in (database, copy):
            file.unlink(missing_ok=True)
            if before:
                shutil.copy(before, file)
        shutil.rmtree(project / "logs", ignore_errors=True)
        ours.append(wall([options.rdbt, "run", "--threads", str(threads)], project))
        theirs.append(plain(options, copy, job_of(project), copy.parent, threads))
    return ours, theirs


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
        ours, theirs = beside(options, project, database, threads, seeded)
        name = f"`run` of the demonstration project, {threads} thread{'s' * (threads > 1)}, wall"
        figures.add(f"demonstration_{threads}", name, ours, duckdb=theirs)


def small_models(options, work, figures):
    """A thousand models that cost DuckDB next to nothing, into a new database and again into that."""
    project = work / "small"
    write_small_models(project, 1000)
    database, built = project / "bench.duckdb", work / "built.duckdb"
    for threads in (1, 2):
        ours, theirs = beside(options, project, database, threads)
        name = f"`run` of 1,000 small models, {threads} connection{'s' * (threads > 1)}, wall"
        figures.add(f"small_{threads}", name, ours, duckdb=theirs, ratio_goal=1.15)
    catalogue_queries(project, figures)
    shutil.copy(database, built)
    ours, theirs = beside(options, project, database, 1, built)
    figures.add("small_again", "the same again, 1 connection, wall", ours, duckdb=theirs, ratio_goal=1.15)


def catalogue_queries(project, figures):
    """Queries of the catalogue in the last run: how many, and how often the most frequent was sent."""
    marks = ("information_schema", "duckdb_", "pg_catalog", "system.")
    sent = [text for _, text in logged_statements(project / "logs" / "dbt.log") if any(mark in text for mark in marks)]
    figures.add("catalogue", "catalogue queries of that run", [len(sent)], "")
    most = max(collections.Counter(sent).values(), default=0)
    figures.add("catalogue_repeated", "the same catalogue query, at most", [most], "times", goal=1)
