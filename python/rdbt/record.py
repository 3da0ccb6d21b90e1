"""JSON objects whose keys are attributes, as those of dbt's events and artifacts are."""


class Record(dict):
    """A dict that also answers `record.key`. A key that is not there is an `AttributeError`."""

    def __getattr__(self, name):
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"there is no `{name}` here; there are: {', '.join(sorted(self)) or 'no keys'}") from None

    def to_dict(self):
        """The same as a plain dict, as dbt's objects give it."""
        return dict(self)


def record(pairs):
    """For `json.loads(..., object_hook=record)`."""
    return Record(pairs)
