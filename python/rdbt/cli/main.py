"""dbt's programmatic interface, `dbtRunner`, on the program rdbt.

    from rdbt.cli.main import dbtRunner
    result = dbtRunner(callbacks=[print]).invoke(["build", "--select", "my_model"])

Each invocation is a process of its own, so that invocations can run side by side and a crash cannot reach the caller.
"""

import json
import os
import subprocess
import sys
import threading
from dataclasses import dataclass
from typing import Any, Callable, List, Optional

from rdbt.program import executable
from rdbt.record import Record, record

#: Commands that end with results, in `run_results.json`.
RUNNING = {"build", "clone", "compile", "retry", "run", "run-operation", "seed", "show", "snapshot", "test"}


class DbtException(Exception):
    """A command could not run: the project, the profile or rdbt itself is at fault."""


class DbtUsageException(DbtException):
    """The command line means nothing."""


@dataclass
class dbtRunnerResult:
    """What became of an invocation.

    `success`: whether it ran and everything in it went well. `exception`: why it could not run. `result`: for commands that
    run nodes what `run_results.json` says, each of its `results` with the `node` of the manifest; for `list` the lines; for
    `parse` the manifest; for `docs generate` the catalog; for `debug` whether all is well; for other commands nothing.
    """

    success: bool
    exception: Optional[BaseException] = None
    result: Any = None


class dbtRunner:
    """Invokes commands. Each of `callbacks` is called with each event, in order: `event.info.name`, `event.info.msg`,
    `event.data.node_info.unique_id`. `manifest` is there for dbt's sake: rdbt keeps what it parsed in the target folder."""

    def __init__(self, manifest: Any = None, callbacks: Optional[List[Callable[[Record], None]]] = None) -> None:
        self.manifest = manifest
        self.callbacks = callbacks or []

    def invoke(self, args: List[str], **kwargs: Any) -> dbtRunnerResult:
        """Runs a command; `kwargs` are options of it: `invoke(["run"], select=["a"], full_refresh=True)`."""
        try:
            return self._invoke([*map(str, args), *options(kwargs)])
        except BaseException as error:  # noqa: BLE001 - dbt's runner hands everything to its caller, too.
            return dbtRunnerResult(success=False, exception=error)

    def _invoke(self, words: List[str]) -> dbtRunnerResult:
        listener = Listener(self.callbacks)
        code, said, complained = listener.run([executable(), *words])
        if listener.failure:
            raise listener.failure
        if code == 2:
            return dbtRunnerResult(success=False, exception=complaint(listener, complained))
        return dbtRunnerResult(success=code == 0, result=result_of(listener, code, said))


class Listener:
    """Runs the program and takes its events from a pipe, beside what it prints."""

    def __init__(self, callbacks: List[Callable[[Record], None]]) -> None:
        self.callbacks = callbacks
        self.artifacts = {}
        self.error = None
        self.command = None
        self.failure = None

    def run(self, words: List[str]):
        """Exit code, printed lines of `list`, and what stood on standard error."""
        reading, writing = os.pipe()
        environment = {**os.environ, "RDBT_EVENT_STREAM": f"/dev/fd/{writing}"}
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "pass_fds": [writing], "env": environment}
        with subprocess.Popen(words, text=True, **pipes) as process:
            os.close(writing)
            printed, complained = [], []
            threads = [
                threading.Thread(target=self._listen, args=(reading,)),
                threading.Thread(target=pass_on, args=(process.stderr, complained, sys.stderr)),
            ]
            for thread in threads:
                thread.start()
            pass_on(process.stdout, printed, sys.stdout)
            for thread in threads:
                thread.join()
            return process.wait(), printed, "".join(complained)

    def _listen(self, reading: int) -> None:
        with os.fdopen(reading, encoding="utf-8") as stream:
            for line in stream:
                self._take(json.loads(line, object_hook=record))

    def _take(self, event: Record) -> None:
        name = event.info.name
        if name == "ArtifactWritten":
            self.artifacts[event.data.artifact_type] = event.data.artifact_path
        elif name == "MainEncounteredError":
            self.error = event.info.msg
        elif name == "CommandCompleted":
            self.command = event.data.command
        for callback in self.callbacks:
            try:
                callback(event)
            except BaseException as error:  # noqa: BLE001 - raised again once the program has ended.
                self.failure = self.failure or error

    def artifact(self, kind: str):
        """An artifact that the command wrote; none if it wrote none of the kind."""
        path = self.artifacts.get(kind)
        if path is None:
            return None
        with open(path, encoding="utf-8") as file:
            return json.load(file, object_hook=record)


def pass_on(stream, kept: List[str], shown) -> None:
    """Prints what the program prints where Python prints, and keeps it."""
    for line in stream:
        kept.append(line)
        print(line, end="", flush=True, file=shown)


def options(given: dict) -> List[str]:
    """Python's arguments as words of a command line."""
    words = []
    for name, value in given.items():
        option = "--" + name.strip("_").replace("_", "-")
        if value is None:
            continue
        if value is True:
            words.append(option)
        elif value is False:
            words.append("--no-" + option[2:])
        elif isinstance(value, dict):
            words += [option, json.dumps(value)]
        elif isinstance(value, (list, tuple)):
            words += [option, *map(str, value)] if value else []
        else:
            words += [option, str(value)]
    return words


def complaint(listener: Listener, complained: str) -> DbtException:
    """Why a command could not run: its last event says so, or there was none because the words were wrong."""
    if listener.error is not None:
        return DbtException(listener.error)
    lines = [line for line in complained.splitlines() if line.startswith("Error: ")]
    return DbtUsageException(lines[-1][len("Error: ") :] if lines else complained.strip())


def result_of(listener: Listener, code: int, printed: List[str]):
    """What dbt's runner would hand back for the command."""
    command = (listener.command or "").removeprefix("dbt ")
    if command in RUNNING:
        return with_nodes(listener.artifact("RunExecutionResult"), listener.artifact("WritableManifest"))
    if command in ("list", "ls"):
        return [line.rstrip("\n") for line in printed if not is_log_line(line)]
    if command == "parse":
        return listener.artifact("WritableManifest")
    if command == "docs generate":
        return listener.artifact("CatalogArtifact")
    return code == 0 if command == "debug" else None


def is_log_line(line: str) -> bool:
    """`08:23:01  Found 3 models`, with colours or without: what a command says besides its output."""
    text = line.removeprefix("\x1b[0m")
    return len(text) > 8 and text[2] == text[5] == ":" and (text[:2] + text[3:5] + text[6:8]).isdigit()


def with_nodes(results, manifest):
    """Run results whose elements know their nodes."""
    if results is None:
        return None
    kinds = ("nodes", "sources", "exposures", "unit_tests", "saved_queries", "functions")
    nodes = {unique_id: node for kind in kinds for unique_id, node in ((manifest or {}).get(kind) or {}).items()}
    for result in results.results:
        result["node"] = nodes.get(result.unique_id)
    return results
