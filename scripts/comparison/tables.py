"""Compares what the commands left in DuckDB files: relations, columns, comments, constraints, rows; and Parquet files.

Needs the `duckdb` package of Python, in a version that reads the files.
"""
import collections
import pathlib

from . import Difference

MAGIC = b"DUCK"
# dbt's ids of snapshot rows are made from the time of the run.
HASHED_TIMES = {"dbt_scd_id"}
LISTED = "select table_schema, table_name, table_type from information_schema.tables order by all"
DETAILS = {
    "comment": "select schema_name, table_name, comment from duckdb_tables() where not internal"
    " union all select schema_name, view_name, comment from duckdb_views() where not internal",
    "comments of columns": "select schema_name, table_name, list((column_name, comment) order by column_index)"
    " from duckdb_columns() where not internal group by all",
    "constraints": "select schema_name, table_name, list(constraint_text order by constraint_text)"
    " from duckdb_constraints() group by all",
    "indexes": "select schema_name, table_name, list(sql order by sql) from duckdb_indexes() group by all",
    "definition": "select schema_name, view_name, sql from duckdb_views() where not internal",
}


def compare_databases(left, right):
    """Differences of all databases and Parquet files below two projects; each side pairs the project with its `Steady`.

    Returns the number of relations of the reference and the differences.
    """
    (reference, left_steady), (candidate, right_steady) = left, right
    count, found = 0, []
    names = {path.relative_to(side) for side in (reference, candidate) for path in databases(side)}
    for name in sorted(names):
        paths = (reference / name, candidate / name)
        if not all(path.exists() for path in paths):
            side = "reference" if paths[0].exists() else "candidate"
            found.append(Difference(str(name), f"only the {side} left it"))
            continue
        tables = [read(path, steady) for path, steady in zip(paths, (left_steady, right_steady))]
        count += len(tables[0])
        for table in sorted(tables[0].keys() | tables[1].keys()):
            found += compare_tables(f"{name} {table}", tables[0].get(table), tables[1].get(table))
    return count, found


def databases(project):
    """Every DuckDB and Parquet file below a folder, but for those of installed packages."""
    for path in sorted(pathlib.Path(project).rglob("*")):
        below = path.relative_to(project).parts
        if not path.is_file() or below[0] in ("dbt_packages", "target", "logs"):
            continue
        with path.open("rb") as file:
            head = file.read(12)
        if head[8:12] == MAGIC or head[:4] == b"PAR1":
            yield path


def read(path, steady):
    """Everything about each relation of a database (or the one relation of a Parquet file) by its name."""
    import duckdb

    if path.suffix == ".parquet":
        connection = duckdb.connect()
        connection.execute(f"create view rows as from read_parquet('{path}')")
    else:
        connection = duckdb.connect(str(path), read_only=True)
    with connection:
        details = {kind: by_relation(connection, query, steady) for kind, query in DETAILS.items()}
        return {
            f"{schema}.{name}": relation(connection, schema, name, kind, details, steady)
            for schema, name, kind in connection.execute(LISTED).fetchall()
        }


def by_relation(connection, query, steady):
    """A detail of each relation, as text."""
    return {(schema, name): steady.cell(detail) for schema, name, detail in connection.execute(query).fetchall()}


def relation(connection, schema, name, kind, details, steady):
    """Kind, columns, details and rows of one relation."""
    import duckdb

    quoted = '"{}"."{}"'.format(schema.replace('"', '""'), name.replace('"', '""'))
    facts = {"kind": kind, **{detail: found.get((schema, name)) for detail, found in details.items()}}
    try:
        columns = connection.execute(f"describe {quoted}").fetchall()
        rows = connection.execute(f"select * from {quoted}").fetchall()
    except duckdb.Error as error:
        return {**facts, "columns": steady.text(f"cannot be read: {error}")}, [], []
    names = [column[0] for column in columns]
    return {**facts, "columns": [column[:2] for column in columns]}, names, [
        tuple(NOT_COMPARED if n in HASHED_TIMES else steady.cell(v) for n, v in zip(names, row)) for row in rows
    ]


NOT_COMPARED = "<hashed time>"


def compare_tables(where, left, right):
    """Differences of one relation: facts first, then each column whose values differ, then rows as wholes."""
    if left is None or right is None:
        yield Difference(where, f"only in the {'candidate' if left is None else 'reference'}")
        return
    for fact, value in left[0].items():
        if value != right[0][fact]:
            yield Difference(f"{where} {fact}", f"{value}\nagainst\n{right[0][fact]}")
    if left[1] != right[1]:
        return
    if len(left[2]) != len(right[2]):
        yield Difference(f"{where} rows", f"{len(left[2])} rows against {len(right[2])}")
        return
    columns = list(compare_columns(where, left, right))
    yield from columns
    if not columns and collections.Counter(left[2]) != collections.Counter(right[2]):
        yield Difference(f"{where} rows", "the same values stand in other rows")


def compare_columns(where, left, right):
    """Differences of the values of each column, whatever their order."""
    for index, name in enumerate(left[1]):
        here, there = (collections.Counter(row[index] for row in side[2]) for side in (left, right))
        if here != there:
            only = [sorted((a - b).elements())[:3] for a, b in ((here, there), (there, here))]
            yield Difference(f"{where}.{name}", f"{only[0]} against {only[1]}")
