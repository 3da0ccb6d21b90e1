"""Writes what dbt gets from PyYAML into the case files, keeping their inputs.

Run it with a Python that has dbt-core installed:

    python tests/data/yaml/expect.py tests/data/yaml/load/*.json tests/data/yaml/dump/*.json

A case under `load` has `text`; it gains `value` (and `duplicates`), or `error`. A case
under `dump` has `value` and perhaps `sort_keys`; it gains `text`. Documents that contain
themselves are left out: Python builds them, but no dbt project survives having one.
"""

import datetime
import json
import sys

import yaml
from dbt.clients.checked_load import checked_load
from dbt_common.exceptions.base import DbtValidationError


class Dumper(yaml.SafeDumper):
    """JSON has no identity, so equal lists are never written as aliases."""

    def ignore_aliases(self, data):
        return True


def canonical(value):
    """The value in JSON; whatever JSON cannot say is tagged."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        return {"int": str(value)}
    if isinstance(value, float):
        return {"float": repr(value)}
    if isinstance(value, datetime.datetime):
        return {"datetime": value.isoformat()}
    if isinstance(value, datetime.date):
        return {"date": value.isoformat()}
    if isinstance(value, bytes):
        return {"binary": value.hex()}
    if isinstance(value, set):
        return {"set": sorted((canonical(item) for item in value), key=json.dumps)}
    if isinstance(value, dict):
        return {"map": [[canonical(k), canonical(v)] for k, v in value.items()]}
    return [canonical(item) for item in value]


def load_case(text):
    try:
        value, failures = checked_load(text)
    except DbtValidationError as error:
        return {"text": text, "error": error.msg}
    except Exception as error:
        return {"text": text, "error": str(error)}
    try:
        case = {"text": text, "value": canonical(value)}
    except RecursionError:
        return None
    if failures:
        case["duplicates"] = [failure.message for failure in failures]
    return case


def dump_case(case):
    text = yaml.dump(case["value"], Dumper=Dumper, sort_keys=case.get("sort_keys", False))
    return {**case, "text": text}


for path in sys.argv[1:]:
    with open(path, encoding="utf-8") as file:
        cases = json.load(file)
    if "/dump/" in path:
        cases = [dump_case(case) for case in cases]
    else:
        cases = [load_case(case["text"]) for case in cases]
        cases = [case for case in cases if case]
    lines = ",\n".join(json.dumps(case) for case in cases)
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"[\n{lines}\n]\n")
