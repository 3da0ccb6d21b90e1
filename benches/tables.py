"""What `seed`, incremental models and snapshots cost on a million rows, beside the best SQL that a hand would write for the
same tables, sent by the plain program on as many DuckDB threads. Both figures are of whole processes."""
import shutil

from measure import wall
from projects import begin, write_seeds
from replay import plain
ROWS = 1_000_000


def by_hand(options, database, statements):
    """Wall seconds of the plain program with some statements on a database."""
    return plain(options, database, {"before": statements}, database.parent)


def seeds(options, work, figures):
    """20 seeds of 10,000 rows, and one of 1,000,000: `rdbt seed` against `read_csv` into a table, all in one transaction; and
    the reference, once."""
    for files, rows in ((20, 10_000), (1, ROWS)):
        project = work / f"seeds_{files}"
        write_seeds(project, files, rows)
        database, ours, direct, theirs = project / "bench.duckdb", [], [], []
        names = sorted((project / "seeds").glob("*.csv"))
        loads = [f"create table {name.stem} as select * from read_csv('{name}')" for name in names]
        wall([options.rdbt, "parse"], project)
        for _ in range(options.rounds):
            database.unlink(missing_ok=True)
            ours.append(wall([options.rdbt, "seed"], project))
            database.unlink()
            direct.append(by_hand(options, database, ["begin", *loads, "commit"]))
        if options.reference:
            database.unlink()
            theirs.append(wall([options.reference, "seed"], project))
        name = f"`seed`, {files} file{'s' * (files > 1)} of {rows:,} rows, wall"
        figures.add(f"seeds_{files}", name, ours, ratio_goal=1.3, duckdb=direct, reference=theirs)


SOURCE = """create table events as select i as id, 'name ' || i % 5003 as name, (i * 37 % 100000) / 100 as amount,
    date '2020-01-01' + (i % 1500)::int as day, timestamp '2026-01-01' as updated_at from range({rows}) r(i)"""
CHANGE = "update events set amount = amount + 1, updated_at = timestamp '2026-02-01' where hash(id) % 100 = 0"

INCREMENTAL = """{{ config(materialized='incremental', unique_key='id', incremental_strategy='delete+insert') }}
select * from main.events
{% if is_incremental() %} where updated_at > (select max(updated_at) from {{ this }}) {% endif %}
"""
INCREMENTAL_SQL = [
    "begin",
    "create temp table fresh as select * from events where updated_at > (select max(updated_at) from kept)",
    "delete from kept where id in (select id from fresh)",
    "insert into kept select * from fresh",
    "commit",
]
SNAPSHOT = """snapshots:
  - name: kept
    relation: source('raw', 'events')
    config: {strategy: timestamp, unique_key: id, updated_at: updated_at}
"""
SOURCES = "sources:\n  - name: raw\n    schema: main\n    tables: [{name: events}]\n"
SNAPSHOT_SQL = [
    "begin",
    """create temp table fresh as select s.*, k.dbt_scd_id as old_id from events s left join kept k
        on k.id = s.id and k.dbt_valid_to is null where k.id is null or k.dbt_valid_from < s.updated_at""",
    "update kept set dbt_valid_to = fresh.updated_at from fresh where kept.dbt_scd_id = fresh.old_id",
    """insert into kept select id, name, amount, day, updated_at,
        md5(coalesce(cast(id as varchar), '') || '|' || coalesce(cast(updated_at as varchar), '')),
        updated_at, updated_at, null from fresh""",
    "commit",
]


def incremental(options, work, figures):
    """A second run of a delete+insert model on a million rows of which one in a hundred has changed."""
    project = work / "incremental"
    begin(project, "models")
    (project / "models" / "kept.sql").write_text(INCREMENTAL)
    name = "`run`, delete+insert, 1 % of 1,000,000 rows changed, wall"
    changed(options, project, "run", INCREMENTAL_SQL, "incremental", name, figures)


def snapshot(options, work, figures):
    """A second snapshot of a million rows of which one in a hundred has changed."""
    project = work / "snapshot"
    begin(project, "snapshots", "models")
    (project / "snapshots" / "kept.yml").write_text(SNAPSHOT)
    (project / "models" / "raw.yml").write_text(SOURCES)
    name = "`snapshot`, SCD2, 1 % of 1,000,000 rows changed, wall"
    changed(options, project, "snapshot", SNAPSHOT_SQL, "snapshot", name, figures)


def changed(options, project, command, statements, key, name, figures):
    """Builds a table, changes its source, and measures how long the table takes to follow."""
    database, before = project / "bench.duckdb", project / "before.duckdb"
    by_hand(options, database, [SOURCE.format(rows=ROWS)])
    wall([options.rdbt, command], project)
    by_hand(options, database, [CHANGE.format(rows=ROWS)])
    shutil.copy(database, before)
    ours, direct = [], []
    # A fraction of a second each, of which a neighbour's burst is a large part: more rounds than of what takes longer.
    for _ in range(5 * options.rounds):
        shutil.copy(before, database)
        ours.append(wall([options.rdbt, command], project))
        shutil.copy(before, database)
        direct.append(by_hand(options, database, statements))
    figures.add(key, name, ours, ratio_goal=1.2, duckdb=direct)
