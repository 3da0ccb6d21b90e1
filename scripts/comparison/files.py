"""Compares the files of a folder byte by byte, after `Steady` has taken out what no two runs share."""
import difflib
import pathlib

from . import Difference


def compare_files(label, kind, left, right):
    """Differences of the files below `kind` in two folders; `left` and `right` pair a folder with its `Steady`.

    Returns the number of files of the reference and the differences.
    """
    sides = [files_below(pathlib.Path(folder) / kind) for folder, _ in (left, right)]
    found = []
    for name in sorted(sides[0].keys() | sides[1].keys()):
        where = f"{label}: {kind}/{name}"
        if name not in sides[1]:
            found.append(Difference(where, "only the reference wrote it"))
        elif name not in sides[0]:
            found.append(Difference(where, "only the candidate wrote it"))
        else:
            texts = [read(side[name], steady) for side, (_, steady) in zip(sides, (left, right))]
            if texts[0] != texts[1]:
                found.append(Difference(where, diff(*texts)))
    return len(sides[0]), found


def files_below(folder):
    """Path of each file below a folder by its name relative to it."""
    return {str(path.relative_to(folder)): path for path in sorted(folder.rglob("*")) if path.is_file()}


def read(path, steady):
    """A file's steady text; bytes that are no UTF-8 stay distinguishable."""
    return steady.text(path.read_bytes().decode(errors="surrogateescape"))


def diff(here, there):
    """The first lines of a unified difference of two texts."""
    lines = list(
        difflib.unified_diff(here.splitlines(), there.splitlines(), "reference", "candidate", lineterm="", n=1)
    )
    text = "\n".join(lines[:20] or ["(line ends differ)"])
    return text.encode(errors="replace").decode()
