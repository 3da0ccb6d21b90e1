#!/usr/bin/env python3
"""Compares two manifest.json files and prints every path at which they differ.

    compare_manifests.py REFERENCE OURS [--order] [--limit N] [--only KEY ...]

Values that differ between any two runs (times, ids of the invocation, the user) are left out. Lists whose order dbt
does not fix (tags of columns, macros a node depends on) are compared without order. Macro texts are left out, because
the built-in macros are worded freshly. `--order` also compares the order of keys.
"""
import argparse
import json
import sys

SKIP = {
    "created_at", "generated_at", "invocation_id", "invocation_started_at", "run_started_at", "user_id",
    "send_anonymous_usage_stats", "macro_sql", "project_id", "compiled_path", "build_path",
}
UNORDERED = {"macros", "tags", "primary_key", "sources"}


def differences(path, a, b, order):
    """Yields (path, what differs) for two JSON values."""
    name = path.rsplit("/", 1)[-1]
    if name in SKIP:
        return
    if isinstance(a, dict) and isinstance(b, dict):
        for key in a:
            if key not in b and key not in SKIP:
                yield f"{path}/{key}", f"only in reference: {json.dumps(a[key])[:150]}"
        for key in b:
            if key not in a and key not in SKIP:
                yield f"{path}/{key}", f"only in ours: {json.dumps(b[key])[:150]}"
        for key in a:
            if key in b:
                yield from differences(f"{path}/{key}", a[key], b[key], order)
        common = [key for key in a if key in b]
        if order and common != [key for key in b if key in a]:
            yield path, "keys are in another order"
    elif isinstance(a, list) and isinstance(b, list):
        if name in UNORDERED:
            a, b = (sorted(x, key=json.dumps) for x in (a, b))
        if len(a) != len(b):
            yield path, f"{json.dumps(a)[:200]} != {json.dumps(b)[:200]}"
            return
        for index, (x, y) in enumerate(zip(a, b)):
            yield from differences(f"{path}/{index}", x, y, order)
    elif a != b or type(a) is not type(b):
        yield path, f"{json.dumps(a)[:200]} != {json.dumps(b)[:200]}"


def main():
    """Reads the arguments, prints the differences, fails if there are any."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("reference")
    parser.add_argument("ours")
    parser.add_argument("--order", action="store_true")
    parser.add_argument("--limit", type=int, default=60)
    parser.add_argument("--only", nargs="*", default=[])
    options = parser.parse_args()
    with open(options.reference, encoding="utf-8") as first, open(options.ours, encoding="utf-8") as second:
        a, b = json.load(first), json.load(second)
    if options.only:
        a, b = ({key: x.get(key) for key in options.only} for x in (a, b))
    found = list(differences("", a, b, options.order))
    for path, what in found[: options.limit]:
        print(f"{path}\n    {what}")
    print(f"{len(found)} differences")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
