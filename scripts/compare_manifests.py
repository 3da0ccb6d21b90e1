#!/usr/bin/env python3
"""Compares two manifest.json files (or other artifacts) and prints every path at which they differ.

    compare_manifests.py REFERENCE OURS [--order] [--limit N] [--only KEY ...]

Values that differ between any two runs (times, ids of the invocation, the user) are left out. Lists whose order dbt
does not fix (tags of columns, macros a node depends on) are compared without order. Of dbt's own macros the texts are
left out, because they are worded freshly. `--order` also compares the order of keys.
"""
import argparse
import json
import sys

from comparison.artifacts import differences


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
