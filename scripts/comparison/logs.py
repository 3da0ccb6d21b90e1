"""Compares the JSON lines of two executables: which events came in which order, and what each says.

Times, ids, durations, the folder of the copy and the program's own version are no difference. An event of `EXACT` must
come equally often, in the same order and with equal data on both sides; so must every event that a console shows. What else a program says
for debugging is counted by name.
"""
import collections
import difflib
import json
import re

from . import Difference
from .steady import DURATION, STAMPED_NAME, TIMESTAMP

# Events that orchestrators, linters and scripts read.
EXACT = {
    "MainReportVersion", "AdapterRegistered", "FoundStats", "ConcurrencyLine", "NodeStart", "LogStartLine", "LogModelResult",
    "LogTestResult", "LogSeedResult", "LogSnapshotResult", "LogFreshnessResult", "LogHookStartLine", "LogHookEndLine",
    "NodeCompiling", "NodeExecuting", "NodeFinished", "RunResultError", "RunResultFailure", "RunResultWarning", "RunResultWarningMessage",
    "FinishedRunningStats", "EndOfRunSummary", "StatsLine", "CommandCompleted", "JinjaLogInfo", "JinjaLogDebug", "SQLQuery",
    "SQLQueryStatus", "RunningOperationCaughtError", "MainEncounteredError", "SkippingDetails", "LogSkipBecauseError", "MarkSkippedChildren",
    "CatchableExceptionOnRun", "PrintEvent", "CompiledNode", "MainReportArgs",
}
# Of those that only `--log-level debug` shows, the ones whose shapes are recorded for the tests: they come in a fixed order.
RECORDED = {
    "NodeStart", "NodeCompiling", "NodeExecuting", "NodeFinished", "CommandCompleted", "JinjaLogDebug", "MainReportArgs",
}
# Values that no two runs share. Their presence and their type are compared.
VOLATILE = {
    "completed_at", "elapsed", "execution_time", "finished_at", "node_finished_at", "node_started_at", "started_at",
}
TYPES = {str: "text", bool: "bool", int: "int", float: "float", dict: "object", list: "list", type(None): "null"}
CLOCK = re.compile(r"\b\d\d:\d\d:\d\d(\.\d+)?")
ADDRESS = re.compile(r"0x[0-9a-f]{6,}")
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
# A row of dots gets shorter when the duration behind it gets longer.
DOTS = re.compile(r" \.{3,} \[")
# Values of fields that are each program's own: how it was called, where Python failed.
NOT_BY_VALUE = {"MainReportArgs"}
NOT_IN_BOTH = {"exc_info"}
# Below the text of an error the candidate may say more: where, and how to mend it.
MAY_SAY_MORE = {"MainEncounteredError", "RunResultError", "RunningOperationCaughtError"}
# The field in which `MainEncounteredError` may do so.
CAUSE = "MainEncounteredError: data/exc"
# What each program tells of itself: its Python, the times of its parser, which of its connections it cancels.
OWN = {"DebugCmdOut", "LogCancelLine", "ParsePerfInfoPath"}
# What dbt-duckdb sends and rdbt need not: questions about the database's version, transactions of what only reads.
NEEDLESS = (" SELECT version()", " BEGIN", " COMMIT")
# Their order is that of sets and of threads; statements of nodes are compared as all else.
UNORDERED = {"SQLQuery", "SQLQueryStatus"}


class Event:
    """One line of JSON, without what no two runs share."""

    def __init__(self, line, folder):
        info = line["info"]
        self.name, self.code, self.level = info["name"], info["code"], info["level"]
        self.fields = sorted(info)
        self.message = "" if self.name in NOT_BY_VALUE else settled(info["msg"], folder)
        self.data = steady(line["data"], folder, "")
        if self.name == "SQLQuery":
            # The text of dbt's own macros is laid out freshly.
            self.message, self.data["sql"] = (" ".join(text.split()) for text in (self.message, self.data["sql"]))

    @property
    def key(self):
        """What stands in a sequence: name, code, level."""
        return f"{self.name} {self.code} {self.level}"

    @property
    def shown(self):
        """Whether a console without `--log-level debug` shows it."""
        return self.level != "debug"

    @property
    def node(self):
        """The node that it speaks of, or nothing."""
        return self.data.get("node_info", {}).get("unique_id", "") if isinstance(self.data, dict) else ""


def settled(text, folder):
    """A text without folder, times, durations and addresses."""
    text = STAMPED_NAME.sub("__dbt_tmp", text.replace(folder, "<project>"))
    text = UUID.sub("<id>", TIMESTAMP.sub("<time>", text))
    text = DURATION.sub("<duration>", CLOCK.sub("<clock>", text))
    return DOTS.sub(" ... [", ADDRESS.sub("<address>", text))


def steady(value, folder, name):
    """A value of an event's data with its texts settled, and what is volatile in place of which its type stands."""
    if isinstance(value, dict):
        return {key: steady(each, folder, key) for key, each in value.items()}
    if isinstance(value, list):
        return [steady(each, folder, name) for each in value]
    if name in VOLATILE:
        return f"<{type(value).__name__}{'' if value else ', empty'}>"
    return settled(value, folder) if isinstance(value, str) else value


def read(output, folder):
    """The events in what a command wrote, and the lines that are none."""
    events, others, needless = [], [], False
    for line in output.splitlines():
        try:
            event = Event(json.loads(line), folder)
            if event.name in UNORDERED:
                needless = event.message.endswith(NEEDLESS) or needless and event.name == "SQLQueryStatus"
            if event.name not in OWN and not (needless and event.name in UNORDERED):
                events.append(event)
        except (ValueError, KeyError, TypeError):
            others.append(settled(line, folder))
    return events, others


def compare_logs(label, reference, candidate):
    """Differences of the events of one command; each side pairs its output with the folder that it ran in."""
    (here, left), (there, right) = (read(*side) for side in (reference, candidate))
    yield from sequence(f"{label}: lines that are no JSON", left, right)
    shown = [[event.key for event in events if event.shown] for events in (here, there)]
    yield from sequence(f"{label}: order of what a console shows", *shown)
    for name in sorted({event.name for event in here + there if event.name in EXACT or event.shown}):
        pairs = [[e for e in events if e.name == name and (e.node or name not in UNORDERED)] for events in (here, there)]
        yield from compare_events(f"{label}: {name}", *pairs)


def compare_events(where, here, there):
    """Differences of the events of one name, which are taken in order."""
    if [event.node for event in here] != [event.node for event in there] or len(here) != len(there):
        yield from sequence(f"{where}: of which nodes", *([e.node or e.message for e in side] for side in (here, there)))
        return
    for left, right in zip(here, there):
        place = f"{where} {left.node}".rstrip()
        if left.key != right.key:
            yield Difference(place, f"{left.key} against {right.key}")
        if left.fields != right.fields:
            yield Difference(f"{place}: info", f"{left.fields} against {right.fields}")
        more = left.name in MAY_SAY_MORE and right.message.startswith(left.message)
        if left.message != right.message and not more:
            yield Difference(f"{place}: message", f"{left.message!r}\nagainst\n{right.message!r}")
        yield from data_differences(f"{place}: data", left.data, right.data, left.name not in NOT_BY_VALUE)


def data_differences(place, here, there, by_value):
    """Differences of two values: fields of one side only, types, and values unless only types are asked for."""
    if isinstance(here, dict) and isinstance(there, dict):
        for key in sorted((here.keys() | there.keys()) - NOT_IN_BOTH):
            if key in here and key in there:
                yield from data_differences(f"{place}/{key}", here[key], there[key], by_value)
            else:
                side, value = ("reference", here[key]) if key in here else ("candidate", there[key])
                yield Difference(f"{place}/{key}", f"only in the {side}: {value!r}")
    elif type(here) is not type(there):
        yield Difference(place, f"{here!r} against {there!r}: of another type")
    elif by_value and here != there and not (CAUSE in place and there.startswith(here)):
        yield Difference(place, f"{here!r}\nagainst\n{there!r}")


def sequence(where, here, there):
    """The difference of two lists of texts."""
    if here != there:
        lines = list(difflib.unified_diff(here, there, "reference", "candidate", lineterm="", n=2))
        yield Difference(where, "\n".join(lines[:40]))


def type_of(value):
    """The name of a value's type; of what is volatile, its text tells."""
    volatile = isinstance(value, str) and value.startswith("<float")
    return TYPES[float if volatile else type(value)]


def shapes(output, folder):
    """Each event that must be equal as a line: name, code, level, node, its status, and the fields with their types."""
    for event in read(output, folder)[0]:
        if event.shown or event.name in RECORDED:
            status = event.data.get("node_info", {}).get("node_status", "") or "-"
            fields = " ".join(f"{key}:{type_of(value)}" for key, value in sorted(event.data.items()))
            yield f"{event.key} {event.node or '-'} {status} {fields}".rstrip()


def other_events(reference, candidate):
    """How often each debug event outside `EXACT` came, where the two sides differ: name to two numbers."""
    counts = []
    for side in (reference, candidate):
        events, _ = read(*side)
        told = [e for e in events if not e.shown and (e.name not in EXACT or e.name in UNORDERED and not e.node)]
        counts.append(collections.Counter(e.key for e in told))
    names = counts[0].keys() | counts[1].keys()
    return {name: (counts[0][name], counts[1][name]) for name in sorted(names) if counts[0][name] != counts[1][name]}
