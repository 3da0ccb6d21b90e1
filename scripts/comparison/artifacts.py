"""Compares artifacts: node statuses of run_results.json, and the other JSON files value by value."""
import json
import pathlib

from . import Difference

# Values that differ between any two runs, and texts that are compared elsewhere or worded freshly.
SKIP = {
    "created_at", "generated_at", "invocation_id", "invocation_started_at", "run_started_at", "user_id",
    "send_anonymous_usage_stats", "project_id", "_invocation_id",
}
# How long things took, and on which thread.
TIMES = {"execution_time", "elapsed_time", "max_loaded_at_time_ago_in_s", "thread_id", "started_at", "completed_at"}
# The program's own name stands in it.
COMMAND = "/args/invocation_command"
# Lists whose order dbt does not fix: it makes them from sets.
UNORDERED = {"macros", "tags", "primary_key", "sources"}
# The texts of dbt's own macros are worded freshly in rdbt, and refer to each other in their own way.
STANDARD = ("macro.dbt.", "macro.dbt_duckdb.")
STANDARD_SKIP = {"macro_sql", "depends_on", "original_file_path", "path"}
# The page that greets readers of the documentation has words of its own.
OVERVIEW = "/docs/doc.dbt.__overview__/block_contents"
# Notes of one program to itself.
NOT_BY_VALUE = {"partial_parse.json", "perf_info.json", "rdbt_durations.json"}


def compare_statuses(label, reference, candidate, messages):
    """Differences of status, failures and, if asked, messages of each node of one command."""
    for unique_id in sorted(reference.keys() | candidate.keys()):
        left, right = reference.get(unique_id), candidate.get(unique_id)
        if left is None or right is None or left[:2] != right[:2]:
            yield Difference(f"{label}: {unique_id}", f"{left} against {right}")
        elif messages and left[2] != right[2]:
            yield Difference(f"{label}: {unique_id} message", f"{left[2]}\nagainst\n{right[2]}")


def compare_artifacts(label, left, right):
    """Differences of the JSON files in two folders of artifacts; `left` and `right` pair a folder with its `Steady`."""
    (left_folder, left_steady), (right_folder, right_steady) = left, right
    names = {path.name for folder in (left_folder, right_folder) for path in pathlib.Path(folder).glob("*.json")}
    for name in sorted(names - NOT_BY_VALUE):
        paths = [pathlib.Path(folder) / name for folder in (left_folder, right_folder)]
        if not all(path.exists() for path in paths):
            side = "reference" if paths[0].exists() else "candidate"
            yield Difference(f"{label}: {name}", f"only the {side} wrote it")
            continue
        values = [
            json.loads(steady.text(path.read_text())) for path, steady in zip(paths, (left_steady, right_steady))
        ]
        if name == "graph_summary.json":
            values = [by_name(value) for value in values]
        elif name == "run_results.json":
            values = [by_id(value) for value in values]
        for path, what in differences("", *values):
            yield Difference(f"{label}: {name}{path}", what)


def by_name(summary):
    """A graph's summary with names in place of the numbers, which follow the order in which dbt came upon files."""
    shapes = {}
    for shape, nodes in summary.items():
        if isinstance(nodes, dict):
            shapes[shape] = {
                node["name"]: {**node, "succ": sorted(nodes[str(number)]["name"] for number in node.get("succ", []))}
                for node in nodes.values()
            }
    return shapes


def by_id(results):
    """Results by the ids of their nodes, without what `compare_statuses` tells of them."""
    told = {"status", "failures", "message"}
    nodes = {
        result["unique_id"]: {key: value for key, value in result.items() if key not in told}
        for result in results["results"]
    }
    return {**results, "results": nodes}


def differences(path, a, b, order=False):
    """Yields (path, what differs) for two JSON values; `order` also compares the order of keys."""
    name = path.rsplit("/", 1)[-1]
    if name in SKIP | TIMES or path == COMMAND or standard(path):
        return
    if isinstance(a, dict) and isinstance(b, dict):
        yield from dictionary_differences(path, a, b, order)
    elif isinstance(a, list) and isinstance(b, list):
        if name in UNORDERED:
            a, b = (sorted(x, key=json.dumps) for x in (a, b))
        if len(a) != len(b):
            yield path, f"{short(a)} != {short(b)}"
            return
        for index, (x, y) in enumerate(zip(a, b)):
            yield from differences(f"{path}/{index}", x, y, order)
    elif a != b or type(a) is not type(b):
        yield path, f"{short(a)} != {short(b)}"


def dictionary_differences(path, a, b, order):
    """The same for two objects: keys of one side only, values, and the order of keys."""
    for side, here, there in (("reference", a, b), ("candidate", b, a)):
        for key in here:
            if key not in there and key not in SKIP | TIMES and not standard(f"{path}/{key}"):
                yield f"{path}/{key}", f"only in the {side}: {short(here[key])}"
    for key in a:
        if key in b:
            yield from differences(f"{path}/{key}", a[key], b[key], order)
    if order and [key for key in a if key in b] != [key for key in b if key in a]:
        yield path, "keys are in another order"


def standard(path):
    """Whether a path leads to what is worded freshly in dbt's own macros and pages."""
    if path == OVERVIEW:
        return True
    parts = path.split("/")
    if len(parts) < 3 or parts[1] not in ("macros", "parent_map", "child_map") or not parts[2].startswith(STANDARD):
        return False
    return len(parts) > 3 and parts[3] in STANDARD_SKIP


def short(value):
    """The beginning of a value's JSON text."""
    return json.dumps(value)[:200]
