"""Runs one executable on a copy of a project and keeps what every command wrote."""
import datetime
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
from dataclasses import asdict, dataclass

# Left behind by earlier runs: a comparison begins with the project's own files only.
LEFTOVERS = ("target", "logs", ".git", "*.duckdb", "*.duckdb.wal", ".libduckdb", "__pycache__")
# Runs that differ only in these are one run as far as dbt is concerned. Artifacts are looked for in target/, wherever
# the project wants them.
QUIET = {"DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "DO_NOT_TRACK": "1", "DBT_TARGET_PATH": "target"}


@dataclass
class Step:
    """One command that was run: its exit code, its console text and where its artifacts are kept."""

    arguments: list
    exit_code: int
    output: str
    artifacts: str
    ended: str

    @property
    def label(self):
        """The command as one would type it."""
        return " ".join(self.arguments)

    def statuses(self):
        """`(status, failures, message)` of each node in run_results.json, which may be absent."""
        path = pathlib.Path(self.artifacts) / "run_results.json"
        if not path.exists():
            return {}
        results = json.loads(path.read_text())["results"]
        return {r["unique_id"]: (r["status"], r["failures"], r["message"]) for r in results}


@dataclass
class Side:
    """One executable's copy of the project after all commands."""

    project: pathlib.Path
    started: str
    steps: list

    def save(self, path, key):
        """Notes the commands beside the copy, under a key that names what they were run on."""
        steps = [asdict(step) for step in self.steps]
        path.write_text(json.dumps({"key": key, "started": self.started, "steps": steps}))


def run_side(executable, folder, root, project, commands, reuse=False):
    """Copies `root` (which holds `project`) into `folder` and runs `commands` there; returns the `Side`.

    With `reuse`, a copy that an earlier call made of the same files with the same commands is taken as it is.
    """
    copy = folder / root.name
    where = copy / project.relative_to(root)
    note = folder / "steps.json"
    key = fingerprint(executable, root, commands)
    if reuse and note.exists():
        kept = json.loads(note.read_text())
        if kept["key"] == key:
            return Side(where, kept["started"], [Step(**step) for step in kept["steps"]])
    if folder.exists():
        shutil.rmtree(folder)
    shutil.copytree(root, copy, ignore=shutil.ignore_patterns(*LEFTOVERS), symlinks=True)
    side = Side(where, now(), [])
    for number, arguments in enumerate(commands):
        side.steps.append(run_step(executable, where, arguments, folder / f"step-{number}"))
    side.save(note, key)
    return side


def run_step(executable, project, arguments, keep):
    """Runs one command; moves nothing, copies target/ (but not dbt's parse cache) to `keep`."""
    results = project / "target" / "run_results.json"
    results.unlink(missing_ok=True)
    command = [executable, "--no-use-colors", *arguments]
    done = subprocess.run(command, cwd=project, env={**os.environ, **QUIET}, capture_output=True, text=True)
    if (project / "target").exists():
        shutil.copytree(project / "target", keep, ignore=shutil.ignore_patterns("*.msgpack", "*.duckdb", "*.html"))
    return Step(arguments, done.returncode, done.stdout + done.stderr, str(keep), now())


def fingerprint(executable, root, commands):
    """A digest of everything a run depends on, but the environment."""
    digest = hashlib.sha256(json.dumps([str(executable), commands]).encode())
    skipped = shutil.ignore_patterns(*LEFTOVERS)
    for folder, folders, files in os.walk(root):
        dropped = skipped(folder, folders + files)
        folders[:] = sorted(set(folders) - dropped)
        for name in sorted(set(files) - dropped):
            path = pathlib.Path(folder) / name
            digest.update(str(path.relative_to(root)).encode())
            digest.update(path.read_bytes() if path.exists() else b"")
    return digest.hexdigest()


def now():
    """The time in UTC, as text."""
    return datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None).isoformat()
