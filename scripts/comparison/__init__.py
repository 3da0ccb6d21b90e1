"""What two executables left behind after the same dbt commands, compared.

`sides` runs an executable and keeps what each command wrote; `steady` takes out what no two runs share (times, ids,
the folder); `artifacts`, `files` and `tables` each compare one kind of thing and yield `Difference`s.
"""
from typing import NamedTuple


class Difference(NamedTuple):
    """One place at which the two sides are not equal.

    `where` is the same text for the same place in every comparison of one project, so that the places that differ
    between two runs of one executable can be left out of a comparison of two executables.
    """

    where: str
    what: str
