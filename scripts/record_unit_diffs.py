"""Records how dbt shows the difference of two tables after a failed unit test.

Run it with the interpreter of an environment that holds dbt; it prints the cases that
`src/run/tasks/unit_diff/tests.rs` checks:

    python scripts/record_unit_diffs.py > tests/data/unit_diffs.json

A case holds the column names, the rows expected and the rows found, as texts and nulls, and what dbt's own
functions make of them, with colours. The tables are made at random from a fixed seed, small alphabets making sure
that rows resemble each other.
"""

import json
import random

import daff

VALUES = ["a", "b", "c", "", "NULL", "_NULL", "null", "a b", "a  b", " a", "x->y", 'say "x"', "1,5", "long " * 9, None]


def rendered(header, expected, actual):
    """What dbt's TestRunner does with two tables."""
    order = lambda row: [(cell is None, cell) for cell in row]
    sheets = [daff.PythonTableView([header] + sorted(rows, key=order)) for rows in (expected, actual)]
    flags = daff.CompareFlags()
    flags.ordered = False
    alignment = daff.Coopy.compareTables(*sheets, flags).align()
    difference = daff.TableDiff(alignment, flags)
    difference.hilite(daff.PythonTableView([]))
    if not difference.hasDifference():
        return None
    shown = daff.PythonTableView([])
    difference.hilite(shown)
    try:
        return daff.TerminalDiffRender().render(shown)
    except TypeError:
        return False


def table(random_, width, height, alphabet):
    return [[random_.choice(alphabet) for _ in range(width)] for _ in range(height)]


def changed(random_, rows, alphabet):
    """The same rows with some cells changed, some rows gone and some new."""
    result = [list(row) for row in rows]
    for _ in range(random_.randint(0, 3)):
        change = random_.choice(["cell", "cell", "drop", "add", "copy"])
        if change == "add" or not result:
            result.append([random_.choice(alphabet) for _ in range(len(rows[0]) if rows else 1)])
        elif change == "drop":
            result.pop(random_.randrange(len(result)))
        elif change == "copy":
            result.append(list(random_.choice(result)))
        else:
            row = random_.choice(result)
            row[random_.randrange(len(row))] = random_.choice(alphabet)
    return result


def main():
    random_ = random.Random(20)
    cases = []
    while len(cases) < 400:
        width, height = random_.randint(1, 8), random_.randint(1, 9)
        alphabet = random_.choice([VALUES, VALUES[:3], ["1", "2", "3", "4", None], [str(n) for n in range(30)]])
        header = [f"c{n}" for n in range(width)]
        expected = table(random_, width, height, alphabet)
        actual = changed(random_, expected, alphabet)
        text = rendered(header, expected, actual)
        if text is not False:
            cases.append({"columns": header, "expected": expected, "actual": actual, "rendered": text})
    print(json.dumps(cases, separators=(",", ":")))


if __name__ == "__main__":
    main()
