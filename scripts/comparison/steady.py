"""Takes out of texts and cells what no two runs share: the time of the run, its ids, the folder of the copy."""
import datetime
import json
import pathlib
import re

TIMESTAMP = re.compile(r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d)(\.\d+)?( ?Z|[+-]\d\d(:?\d\d)?)?")
STAMPED_NAME = re.compile(r"__(dbt_)?tmp_?(\d{8}T\d{2})?\d{12,}")
CLOCK = re.compile(r"^\d\d:\d\d:\d\d", re.MULTILINE)
DURATION = re.compile(r"\d+\.\d+ ?(s\b|seconds?)|\d+ hours? \d+ minutes? and ")
ZONES = datetime.timedelta(hours=15)
NOW = "<time of the run>"


class Steady:
    """Rewrites what one side left so that equal runs leave equal texts."""

    def __init__(self, side, sides):
        """Of `side`, one of `sides`, which are compared: they have one time of the run, from the first to the last."""
        self.folder = str(side.project)
        times = [each.started for each in sides] + [step.ended for each in sides for step in each.steps]
        moments = [datetime.datetime.fromisoformat(time) for time in times]
        # A time of the run may be written in any zone.
        self.first, self.last = min(moments) - ZONES, max(moments) + ZONES
        self.ids = [identity for step in side.steps for identity in invocation_ids(pathlib.Path(step.artifacts))]

    def text(self, text):
        """`text` without the folder, the ids and the times of this side's runs."""
        text = text.replace(self.folder, "<project>")
        for identity in self.ids:
            text = text.replace(identity, "<invocation>")
        text = STAMPED_NAME.sub("__dbt_tmp", text)
        return TIMESTAMP.sub(self._timestamp, text)

    def console(self, text):
        """What a command printed, without clock, durations and the like."""
        return DURATION.sub("<duration>", CLOCK.sub("", self.text(text)))

    def cell(self, value):
        """A value of a table as text."""
        if isinstance(value, datetime.datetime):
            return NOW if self.first <= value.replace(tzinfo=None) <= self.last else repr(value)
        return self.text(value) if isinstance(value, str) else self.text(repr(value))

    def _timestamp(self, found):
        try:
            time = datetime.datetime.fromisoformat(found[1])
        except ValueError:
            return found[0]
        return NOW if self.first <= time <= self.last else found[0]


def invocation_ids(artifacts):
    """The ids under which the artifacts in a folder were written."""
    for path in sorted(artifacts.glob("*.json")):
        try:
            identity = json.loads(path.read_text()).get("metadata", {}).get("invocation_id")
        except (ValueError, AttributeError):
            continue
        if identity:
            yield identity
