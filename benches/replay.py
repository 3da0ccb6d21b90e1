"""The statements of a run as a job for the plain program of `plain.rs`, which sends DuckDB what rdbt sent."""
import json
import re
import subprocess
import sys

from measure import wall

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


def job_of(project):
    """The statements of a project's last run: before the first node, of each node in the order of their starts, and after."""
    parents = json.loads((project / "target" / "manifest.json").read_text())["parent_map"]
    before, nodes, after = [], {}, []
    for connection, text in logged_statements(project / "logs" / "dbt.log"):
        if connection in parents:
            nodes.setdefault(connection, []).append(text)
        else:
            (after if nodes else before).append(text)
    place = {node: number for number, node in enumerate(nodes)}
    listed = [
        {"statements": statements, "parents": [place[parent] for parent in parents[node] if parent in place]}
        for node, statements in nodes.items()
    ]
    return {"before": before, "nodes": listed, "after": after}


def build_plain(root):
    """Builds the plain program as rdbt's release is built, and gives its path."""
    command = ["cargo", "build", "--quiet", "--release", "--example", "plain", "--message-format=json-render-diagnostics"]
    done = subprocess.run(command, cwd=root, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit("the plain program could not be built")
    messages = map(json.loads, done.stdout.splitlines())
    return next(message["executable"] for message in messages if message.get("executable"))


def plain(options, database, job, folder, threads=1):
    """Wall seconds of the plain program with a job, from its start to its end as with rdbt.

    It loads libduckdb as DuckDB's makers publish it, not as rdbt's setup binds it: see `scripts/bind_duckdb.c`."""
    file = folder / "job.json"
    file.write_text(json.dumps(job))
    published = options.project / ".libduckdb" / "published"
    return wall([options.plain, database, file, str(threads)], folder, LD_LIBRARY_PATH=str(published))
