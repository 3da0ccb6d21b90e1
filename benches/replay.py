#!/usr/bin/env python3
"""A plain program that sends DuckDB what rdbt sent: the statements of a dbt.log, on as many connections.

usage: replay.py DATABASE LOG MANIFEST THREADS

Each node's statements go to one connection, and a node waits for those that it depends on, as in the run. Prints the
seconds from opening the database until it is closed: the start of Python and the loading of the library are not in them,
those of rdbt are in its figure. Needs the `duckdb` Python package.
"""
import concurrent.futures
import json
import pathlib
import re
import sys
import threading
import time

STATEMENT = re.compile(r"^(?:\x1b\[0m)?\d\d:\d\d:\d\d\.\d+ \[debug\] \[[^\]]+\]: On ([^:]+): ?(.*)$")
OTHER_LINE = re.compile(r"^(?:\x1b\[0m)?\d\d:\d\d:\d\d\.\d+ \[")


def logged_statements(log):
    """The statements that reached DuckDB as (connection, text), in the order of dbt.log."""
    statements, current = [], None
    for line in log.read_text().splitlines():
        found = STATEMENT.match(line)
        if found:
            current = [found.group(2)]
            statements.append((found.group(1), current))
        elif OTHER_LINE.match(line):
            current = None
        elif current is not None:
            current.append(line)
    sent, before = [], {}
    for connection, lines in statements:
        text = "\n".join(lines).strip()
        # A commit is logged twice: as an intention and as a statement.
        if text and text != "Close" and not text == before.get(connection) == "COMMIT":
            sent.append((connection, text))
        before[connection] = text
    return sent


def by_node(statements, parents):
    """What comes before the first node, the statements of each node in the order of their starts, what comes after."""
    before, nodes, after = [], {}, []
    for connection, text in statements:
        if connection in parents:
            nodes.setdefault(connection, []).append(text)
        else:
            (after if nodes else before).append(text)
    return before, nodes, after


def replay(database, statements, parents, threads):
    """Sends everything; gives the seconds it took."""
    import duckdb

    before, nodes, after = by_node(statements, parents)
    done = {node: threading.Event() for node in nodes}
    started = time.perf_counter()
    with duckdb.connect(str(database)) as connection:
        for text in before:
            connection.execute(text)
        cursors = threading.local()

        def work(node):
            for parent in parents[node]:
                if parent in done:
                    done[parent].wait()
            if not hasattr(cursors, "own"):
                cursors.own = connection.cursor()
            for text in nodes[node]:
                cursors.own.execute(text)
            done[node].set()

        # The nodes start in the order of the log, where parents come first: none waits for one that has no thread.
        with concurrent.futures.ThreadPoolExecutor(threads) as pool:
            for finished in [pool.submit(work, node) for node in nodes]:
                finished.result()
        for text in after:
            connection.execute(text)
    return time.perf_counter() - started


def main():
    database, log, manifest, threads = sys.argv[1:]
    parents = json.loads(pathlib.Path(manifest).read_text())["parent_map"]
    print(replay(database, logged_statements(pathlib.Path(log)), parents, int(threads)))


if __name__ == "__main__":
    main()
