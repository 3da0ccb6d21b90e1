"""Records what dbt makes of templates: `record_context.py DBT CASES.json`, or with OUT.json behind to leave CASES as it is.

CASES is a JSON list of `[template, outcome]`: the text that the template renders to, or `{"error": message}`; whatever
stands there is replaced. Each template becomes a model of the project in tests/data/context/project, all run at once with
a materialization that builds nothing, so that a failing template fails alone. What differs from run to run (addresses,
folders) is replaced as in tests/context_cases.rs, which compares rdbt with the recorded files.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

PROJECT = Path(__file__).parent.parent / "tests" / "data" / "context" / "project"
ENVIRONMENT = {"PROBE_SET": "set", "PROBE_NUM": "41", "DBT_ENV_SECRET_X": "hidden", "DBT_ENV_CUSTOM_ENV_TEAM": "data"}
# References outside of the template, so that dbt knows them when the template asks.
HEAD = "-- {{ ref('up') }} {{ ref('numbers') }} {{ source('raw', 'things') }}\n"


def steady(text: str, here: str) -> str:
    """The text without what changes from run to run."""
    text = text.replace(here, "HERE")
    text = re.sub(r"\b0x[0-9a-f]+", "0x", text)
    text = re.sub(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "UUID", text)
    text = re.sub(r"\bcase_\d{5}", "CASE", text)
    return re.sub(r"(?<='created_at': )[\d.]+", "TIME", text)


def run(dbt: str, here: str, *words: str) -> None:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    command = [dbt, "--no-version-check", "--quiet", "--no-partial-parse", *words]
    subprocess.run(command, cwd=here, env=kept | ENVIRONMENT, check=False)


def outcomes(dbt: str, cases: list[str]) -> list:
    """What the program makes of each template."""
    with tempfile.TemporaryDirectory() as folder:
        here = os.path.realpath(folder) + "/project"
        shutil.copytree(PROJECT, here)
        run(dbt, here, "build", "--select", "up", "numbers")
        models = Path(here, "models", "cases")
        models.mkdir()
        for number, case in enumerate(cases):
            body = HEAD + "{% if execute %}<<" + case + ">>{% endif %}\n"
            models.joinpath(f"case_{number:05}.sql").write_text(body)
        run(dbt, here, "run", "--select", "cases")
        results = json.loads(Path(here, "target", "run_results.json").read_text())["results"]
        found = {}
        for result in results:
            name = result["unique_id"].split(".")[2]
            if result["status"] == "success" and result.get("compiled_code"):
                text = re.search(r"<<(.*)>>", result["compiled_code"], re.DOTALL)
                found[name] = steady(text.group(1), here) if text else None
            else:
                found[name] = {"error": steady(result["message"], here)}
        return [found.get(f"case_{number:05}") for number in range(len(cases))]


def main() -> None:
    dbt, path, out = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[-1])
    cases = [case[0] for case in json.loads(path.read_text())]
    lines = [json.dumps(pair, ensure_ascii=False) for pair in zip(cases, outcomes(dbt, cases))]
    out.write_text("[\n" + ",\n".join(lines) + "\n]\n")


if __name__ == "__main__":
    main()
