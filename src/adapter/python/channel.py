"""One end of the pipe between rdbt and a Python process; what that process does follows in another file.

Everything crosses as lines of JSON: the job and the answers on standard input, the requests on standard output. Only
Python's library and `duckdb` are needed here.
"""

import io
import json
import os
import sys
import threading
import traceback

OWN_FILE = "<rdbt>"


class Refused(Exception):
    """rdbt could not do what was asked."""


class Channel:
    """The two pipes, kept away from the model's own standard input and output."""

    def __init__(self):
        self.lock = threading.RLock()
        self.answers = os.fdopen(os.dup(0), "r", encoding="utf-8")
        self.requests = os.fdopen(os.dup(1), "w", encoding="utf-8")
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        os.dup2(2, 1)
        sys.stdout = io.TextIOWrapper(Printer(self), encoding="utf-8", line_buffering=True)

    def read(self):
        line = self.answers.readline()
        if not line:
            os._exit(1)
        return json.loads(line)

    def tell(self, ask, **data):
        with self.lock:
            self.requests.write(json.dumps({"ask": ask, **data}) + "\n")
            self.requests.flush()

    def ask(self, ask, **data):
        with self.lock:
            self.tell(ask, **data)
            answer = self.read()
        if "error" in answer:
            raise Refused(answer["error"])
        return answer.get("ok")


class Printer(io.RawIOBase):
    """What the model prints, line by line."""

    def __init__(self, channel):
        self.channel = channel
        self.rest = b""

    def writable(self):
        return True

    def write(self, data):
        *lines, self.rest = (self.rest + bytes(data)).split(b"\n")
        for line in lines:
            self.channel.tell("print", text=line.decode("utf-8", "replace"))
        return len(data)

    def finish(self):
        if self.rest:
            self.write(b"\n")


def trace_of(error):
    """The traceback without this file's frames."""
    trace = traceback.TracebackException.from_exception(error)
    link, seen = trace, set()
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        link.stack = traceback.StackSummary.from_list([f for f in link.stack if f.filename != OWN_FILE])
        link = link.__cause__ or link.__context__
    return "".join(trace.format())


def missing_package(error):
    while error is not None:
        if isinstance(error, ModuleNotFoundError) and error.name:
            return error.name.split(".")[0]
        error = error.__cause__ or error.__context__
    return None


def serve(work):
    """Says whether there is a `duckdb`, does the work, and tells how it went."""
    if sys.path and sys.path[0] == "":
        del sys.path[0]
    sys.argv[:] = [""]
    channel = Channel()
    printed = sys.stdout
    try:
        import duckdb

        channel.tell("ready")
        work(channel, duckdb, channel.read())
    except BaseException as error:
        printed.flush()
        printed.buffer.finish()
        channel.tell("failed", trace=trace_of(error), missing=missing_package(error))
    else:
        printed.flush()
        printed.buffer.finish()
        channel.tell("done")
    sys.stderr.flush()
    os._exit(0)
