#!/usr/bin/env python3
"""Measure rdbt as ratios taken in one run, so that the figures hold on a slow day too.

usage: bench.py [--rdbt PATH] [--reference PATH-TO-DBT] [--project DIR] [--models N] [--rounds N]

- version: wall time of `rdbt --version`.
- parse: CPU time of `rdbt parse` without a cache on a synthetic project of N models, against the reference's
  `dbt parse --no-partial-parse`, if --reference is given.
- macros: CPU time in which 2,400 macros are lowered and compiled: `rdbt compile` of one model that calls each of them
  once, less the same of a project whose model calls none. What rendering the calls costs is in it.
- cache: CPU time of `rdbt ls` with nothing changed, of `rdbt parse` with one file changed and with one variable changed,
  all after a first `parse`.
- scale: CPU time and peak memory of `rdbt parse` and CPU time of `rdbt ls --select` by graph operators on projects of
  100 to 20,000 models, with R² of a straight line; only with --scale.
- run: wall time of `rdbt run` on the demonstration project (after `seed`), with one thread and with the threads of its
  profile, against the time that the same statements take when they are sent to DuckDB one after the other. A process
  of its own sends them each time, for every rdbt is a new process too: it opens the database, sends, closes; its start and
  the loading of the library are not in the figure. Needs the `duckdb` Python package; left out without it.

Prints one line a figure: name, median of rdbt, median of the other, ratio.
"""
import argparse
import os
import pathlib
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

try:
    import duckdb
except ImportError:
    duckdb = None

ROOT = pathlib.Path(__file__).resolve().parent.parent


def timed(arguments, folder):
    """Wall and CPU seconds of a command; ends the program if it fails."""
    started = time.perf_counter()
    process = subprocess.Popen(arguments, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    if status:
        sys.exit(f"{' '.join(map(str, arguments))} failed in {folder}")
    return wall, usage.ru_utime + usage.ru_stime


def peak_memory(arguments, folder):
    """Peak resident memory of a command in MB."""
    process = subprocess.Popen(arguments, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, _, usage = os.wait4(process.pid, 0)
    return usage.ru_maxrss / 1024


def write_project(folder, models):
    """Layers of models: views and tables in turn, up to three parents each, two tests each, a macro in one of five."""
    chance = random.Random(7)
    (folder / "models").mkdir(parents=True)
    (folder / "macros").mkdir()
    (folder / "dbt_project.yml").write_text("name: bench\nprofile: bench\nmodels:\n  bench:\n    +materialized: view\n")
    (folder / "profiles.yml").write_text(
        "bench:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: bench.duckdb, threads: 2}\n"
    )
    (folder / "macros" / "cents.sql").write_text("{% macro cents(c) %}round({{ c }} / 100.0, 2){% endmacro %}\n")
    previous, made = [], 0
    while made < models:
        layer = [f"model_{made + i:05d}" for i in range(min(32, models - made))]
        entries = ["models:"]
        for name in layer:
            parents = chance.sample(previous, min(len(previous), 3))
            head = "{{ config(materialized='table') }}\n" if made // 32 % 2 else ""
            amount = "{{ cents('amount') }}" if chance.random() < 0.2 else "amount"
            source = " join ".join(f"{{{{ ref('{p}') }}}} p{i}" + (" using (id)" if i else "") for i, p in enumerate(parents))
            body = f"select p0.id, p0.{amount} as amount from {source}" if parents else "select 1 as id, 100 as amount"
            (folder / "models" / f"{name}.sql").write_text(head + body.replace("p0.{{", "{{") + "\n")
            entries += [f"  - name: {name}", f"    description: The model {name}.", "    columns:", "      - name: id"]
            entries += ["        data_tests: [unique, not_null]"]
        (folder / "models" / f"layer_{made // 32:03d}.yml").write_text("\n".join(entries) + "\n")
        previous, made = layer, made + len(layer)


def report(name, ours, other=None, unit="s"):
    line = f"{name}: rdbt {statistics.median(ours):.4f} {unit}"
    if other:
        ratio = statistics.median(ours) / statistics.median(other)
        line += f", other {statistics.median(other):.4f} {unit}, ratio {ratio:.3f}"
    print(line, flush=True)


def bench_parse(options, work):
    project = work / "bench"
    write_project(project, options.models)
    ours, theirs = [], []
    for _ in range(options.rounds):
        shutil.rmtree(project / "target", ignore_errors=True)
        ours.append(timed([options.rdbt, "parse", "--no-partial-parse"], project)[1])
        if options.reference:
            theirs.append(timed([options.reference, "parse", "--no-partial-parse"], project)[1])
    report(f"parse of {options.models} models, CPU", ours, theirs)


MACROS = 2400
MACRO = """{{# Number {n} of many: a list of columns with a prefix, some left out. #}}
{{% macro work_{n}(columns, prefix='p{n}_', leave_out=[], type=none) %}}
  {{%- set kept = [] -%}}
  {{%- for column in columns if column not in leave_out -%}}
    {{%- if type is not none and loop.index0 % 2 == 0 -%}}
      {{%- do kept.append('cast(' ~ column ~ ' as ' ~ type ~ ') as ' ~ prefix ~ column | lower) -%}}
    {{%- else -%}}
      {{%- do kept.append(column ~ ' as ' ~ prefix ~ (column | replace('a', 'b'))) -%}}
    {{%- endif -%}}
  {{%- endfor -%}}
  {{%- set options = {{'number': {n}, 'names': kept, 'flag': prefix[0:2] == 'p{n}' or not kept}} -%}}
  {{%- if options['flag'] and execute and options.number > {n} -%}}
    {{{{ exceptions.raise_compiler_error("never: " ~ options.names | join(', ')) }}}}
  {{%- endif -%}}
  select {{{{ kept | join(',\n    ') }}}} from {{{{ target.schema }}}}.source_{n}
  {{% if kept | length > 3 -%}} where {{{{ kept[0] }}}} is not null {{%- endif %}}
{{% endmacro %}}
"""


def write_macros(project, calls):
    """A project of many macros and one model that calls them all, or none of them."""
    (project / "macros").mkdir(parents=True)
    (project / "models").mkdir()
    (project / "dbt_project.yml").write_text("name: bench\nprofile: bench\n")
    (project / "profiles.yml").write_text("bench:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: b.duckdb}\n")
    for first in range(0, MACROS, 20):
        text = "\n".join(MACRO.format(n=n) for n in range(first, first + 20))
        (project / "macros" / f"work_{first:04d}.sql").write_text(text)
    called = "\n".join(f"{{{{ work_{n}([]) }}}}" for n in range(MACROS)) if calls else "select 1 as id"
    (project / "models" / "calls.sql").write_text(called + "\n")


def bench_macros(options, work):
    figures = {}
    for calls in (False, True):
        project = work / f"macros_{calls}"
        write_macros(project, calls)
        command = [options.rdbt, "compile", "--no-partial-parse", "--no-populate-cache", "--threads", "1"]
        figures[calls] = [timed(command, project)[1] for _ in range(2 * options.rounds)]
    least = min(figures[True]) - min(figures[False])
    print(f"{MACROS} macros lowered and compiled, CPU: {1000 * least:.1f} ms (the goal is below 100 ms)", flush=True)


def bench_cache(options, work):
    """Needs the project of bench_parse."""
    project = work / "bench"
    timed([options.rdbt, "parse"], project)
    report("ls, nothing changed, CPU", [timed([options.rdbt, "ls"], project)[1] for _ in range(options.rounds)])
    model, times = project / "models" / "model_00000.sql", []
    for number in range(options.rounds):
        model.write_text(f"{{% set n = {number} %}}select {{{{ n }}}} as id, 100 as amount\n")
        times.append(timed([options.rdbt, "parse"], project)[1])
    report("parse, one file changed, CPU", times)
    times = [timed([options.rdbt, "parse", "--vars", f"n: {n}"], project)[1] for n in range(options.rounds)]
    report("parse, one variable changed, CPU", times)


def straight(points):
    """Slope and R² of the straight line through (x, y)."""
    count, xs, ys = len(points), [x for x, _ in points], [y for _, y in points]
    mean_x, mean_y = sum(xs) / count, sum(ys) / count
    covariance = sum((x - mean_x) * (y - mean_y) for x, y in points)
    spread_x, spread_y = sum((x - mean_x) ** 2 for x in xs), sum((y - mean_y) ** 2 for y in ys)
    return covariance / spread_x, covariance**2 / (spread_x * spread_y)


def bench_scale(options, work):
    parse, select = [], []
    for models in (100, 1000, 5000, 20000):
        project = work / f"scale_{models}"
        write_project(project, models)
        cold = [options.rdbt, "parse", "--no-partial-parse"]
        listing = [options.rdbt, "ls", "--select", "+model_00050+", "@model_00010", "--exclude", "tag:none"]
        parse.append((models, min(timed(cold, project)[1] for _ in range(options.rounds))))
        select.append((models, min(timed(listing, project)[1] for _ in range(options.rounds))))
        memory = peak_memory(cold, project)
        print(f"{models} models: parse {parse[-1][1]:.3f} s CPU, {memory:.0f} MB; ls {select[-1][1]:.3f} s CPU", flush=True)
    for name, points in (("parse", parse), ("ls with selection", select)):
        slope, fit = straight(points)
        print(f"{name}: {slope * 1e6:.0f} µs CPU a model, R² {fit:.4f}")


STATEMENT = re.compile(r"^(?:\x1b\[0m)?\d\d:\d\d:\d\d\.\d+ \[debug\] \[[^\]]+\]: On ([^:]+): ?(.*)$")
OTHER_LINE = re.compile(r"^(?:\x1b\[0m)?\d\d:\d\d:\d\d\.\d+ \[")


def logged_statements(log):
    """The statements that reached DuckDB as (connection, text), in the order of dbt.log."""
    statements, current = [], None
    for line in log.read_text().splitlines():
        found = STATEMENT.match(line)
        if found:
            current = [found.group(2)]
            statements.append((found.group(1), current))
        elif OTHER_LINE.match(line):
            current = None
        elif current is not None:
            current.append(line)
    return [(connection, "\n".join(lines).strip()) for connection, lines in statements]


def replay(database, statements):
    """Sends the statements to DuckDB, each connection of the log on one of its own; gives the seconds it took."""
    started = time.perf_counter()
    with duckdb.connect(str(database)) as connection:
        cursors, before = {}, None
        for name, statement in statements:
            # A commit is logged twice: as an intention and as a statement.
            if statement and not (statement == "COMMIT" and before == (name, statement)):
                if statement == "Close":
                    cursors.pop(name, None)
                else:
                    cursors.setdefault(name, connection.cursor()).execute(statement)
            before = (name, statement)
        cursors.clear()
    return time.perf_counter() - started


def replay_apart(database, log):
    """Replays the statements of a dbt.log in a new process; gives its seconds."""
    command = [sys.executable, __file__, "--replay", str(database), str(log)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def bench_run(options, work):
    if duckdb is None:
        print("run: left out, the duckdb Python package is not here")
        return
    project = work / "project"
    ignored = shutil.ignore_patterns("target", ".git", "src", "logs", "*.duckdb*", ".libduckdb")
    shutil.copytree(options.project, project, ignore=ignored)
    timed([options.rdbt, "seed"], project)
    database = next(project.glob("*.duckdb"))
    seeded, copy = work / "seeded.duckdb", work / "raw" / database.name
    copy.parent.mkdir()
    shutil.copy(database, seeded)
    ours, threads, raw = [], [], []
    for _ in range(options.rounds):
        shutil.copy(seeded, database)
        threads.append(timed([options.rdbt, "run"], project)[0])
        shutil.copy(seeded, database)
        shutil.copy(seeded, copy)
        shutil.rmtree(project / "logs", ignore_errors=True)
        ours.append(timed([options.rdbt, "run", "--threads", "1"], project)[0])
        statements = logged_statements(project / "logs" / "dbt.log")
        raw.append(replay_apart(copy, project / "logs" / "dbt.log"))
        copy.unlink()
    report(f"run of the demonstration project on one thread, wall, {len(statements)} statements", ours, raw)
    report("run of the demonstration project as its profile says, wall", threads, raw)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rdbt", default=ROOT / "target" / "release" / "rdbt", type=pathlib.Path)
    parser.add_argument("--reference", type=pathlib.Path)
    parser.add_argument("--project", default=ROOT, type=pathlib.Path)
    parser.add_argument("--models", default=1000, type=int)
    parser.add_argument("--scale", action="store_true")
    parser.add_argument("--rounds", default=3, type=int)
    parser.add_argument("--replay", nargs=2, type=pathlib.Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.replay:
        database, log = options.replay
        print(replay(database, logged_statements(log)))
        return
    options.rdbt = options.rdbt.resolve()
    with tempfile.TemporaryDirectory() as work:
        report("version, wall", [timed([options.rdbt, "--version"], work)[0] for _ in range(20)])
        bench_macros(options, pathlib.Path(work))
        bench_parse(options, pathlib.Path(work))
        bench_cache(options, pathlib.Path(work))
        if options.scale:
            bench_scale(options, pathlib.Path(work))
        bench_run(options, pathlib.Path(work))


if __name__ == "__main__":
    main()
