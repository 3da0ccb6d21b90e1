"""Records what dbt's names are in each of its phases: `record_phases.py DBT CASES.json`, or with OUT.json behind.

The project in tests/data/phases/project has a place for probes in everything that dbt renders, marked `[[place]]`: project
and profile files, properties, hooks, tests, macros that dbt itself calls. CASES is a list of `[expression, outcomes]`, an
outcome being `[text, "key key ..."]`. Each expression is printed in the places of its keys, and what is printed replaces
the outcomes. A key says where and when: the place, whether dbt executes there, and what kind of node `model` is.
tests/context_phases.rs compares rdbt with the recorded file.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

PROJECT = Path(__file__).parent.parent / "tests" / "data" / "phases" / "project"
ENVIRONMENT = {"PROBE_SET": "set", "PROBE_NUM": "41", "DBT_ENV_SECRET_X": "hidden", "DBT_ENV_CUSTOM_ENV_TEAM": "data"}
# What `deps` prints has keys of its own: it knows no profile. The other commands add what those before did not print.
COMMANDS = [["deps"], ["build"], ["source", "freshness"], ["run-operation", "operation"]]
EXECUTE = "(execute if execute is defined else '-')"
KIND = "(model.resource_type if model is defined else '-')"
PRINTED = re.compile(r"<<(\w+)\|(\S+?)\|(\S+?)\|(\d+)\|(.*?)>>\n", re.DOTALL)


def steady(text: str, here: str) -> str:
    """The text without what changes from run to run."""
    text = text.replace(here, "HERE")
    text = re.sub(r"\b0x[0-9a-f]+", "0x", text)
    return re.sub(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "UUID", text)


def places(cases: list) -> dict[str, list[int]]:
    """The numbers of the expressions that each place prints."""
    found: dict[str, list[int]] = {}
    for number, (_, outcomes) in enumerate(cases):
        keys = [key for _, keys in outcomes for key in keys.split()]
        for place in dict.fromkeys(key.removeprefix("deps:").split("|")[0] for key in keys):
            found.setdefault(place, []).append(number)
    return found


def fill(here: str, cases: list) -> None:
    """Makes the project with the probes in their places."""
    shutil.copytree(PROJECT, here)
    wanted = places(cases)

    def probes(place: re.Match) -> str:
        printed = (
            f"{{{{ print('<<{place[1]}|' ~ {EXECUTE} ~ '|' ~ {KIND} ~ '|{number}|' ~ ({cases[number][0]}) ~ '>>') }}}}"
            for number in wanted.get(place[1], [])
        )
        return "".join(printed)

    for path in Path(here).rglob("*.*"):
        if path.is_file():
            path.write_text(re.sub(r"\[\[(\w+)\]\]", probes, path.read_text()))


def outcomes(dbt: str, cases: list) -> list[dict[str, str]]:
    """For each case what was printed under each key."""
    found: list[dict[str, str]] = [{} for _ in cases]
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    with tempfile.TemporaryDirectory() as folder:
        here = os.path.realpath(folder) + "/project"
        fill(here, cases)
        for command in COMMANDS:
            words = [dbt, "--no-version-check", *command, "--vars", "{cli: given}"]
            ran = subprocess.run(words, cwd=here, env=kept | ENVIRONMENT, check=False, capture_output=True, text=True)
            if ran.returncode != 0:
                print(f"{command} failed:", "".join(PRINTED.sub("", ran.stdout))[-400:], file=sys.stderr)
            prefix = "deps:" if command == ["deps"] else ""
            for place, execute, kind, number, text in PRINTED.findall(ran.stdout):
                found[int(number)].setdefault(f"{prefix}{place}|{execute}|{kind}", steady(text, here))
    return found


def main() -> None:
    dbt, path, out = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[-1])
    cases = json.loads(path.read_text())
    lines = []
    for (expression, _), found in zip(cases, outcomes(dbt, cases), strict=True):
        keys: dict[str, list[str]] = {}
        for key, text in found.items():
            keys.setdefault(text, []).append(key)
        grouped = [[text, " ".join(sorted(where))] for text, where in keys.items()]
        lines.append(json.dumps([expression, grouped], ensure_ascii=False))
    out.write_text("[\n" + ",\n".join(lines) + "\n]\n")


if __name__ == "__main__":
    main()
