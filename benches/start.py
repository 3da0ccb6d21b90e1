"""What rdbt costs before the database is asked: starting, parsing, its cache, macros, compiling, and all that as projects grow."""
import pathlib
import shutil

from measure import cpu, printed, run, straight, wall
from projects import MACROS, write_layers, write_macros

ROOT = pathlib.Path(__file__).resolve().parent.parent


def version(options, work, figures):
    """Wall time of `rdbt --version`."""
    times = [1000 * wall([options.rdbt, "--version"], work) for _ in range(20)]
    figures.add("version", "`--version`, wall", times, "ms", goal=10)


def parse(options, work, figures):
    """CPU time of `rdbt parse` without a cache on 1,000 models of two tests each, against the reference."""
    project = work / "parse"
    write_layers(project, 1000)
    ours, theirs = [], []
    for _ in range(options.rounds):
        shutil.rmtree(project / "target", ignore_errors=True)
        ours.append(cpu([options.rdbt, "parse", "--no-partial-parse"], project))
        if options.reference:
            theirs.append(cpu([options.reference, "parse", "--no-partial-parse"], project))
    figures.add("parse_1000", "`parse`, 1,000 models, cold, CPU", ours, goal=0.15, reference=theirs)


def cache(options, work, figures):
    """After a first `parse` of 1,000 models: wall time of `ls` with nothing changed, of `parse` with one file changed and of
    `ls` with one variable changed, which a fifth of the models read."""
    project = work / "cache"
    write_layers(project, 1000)
    (project / "macros" / "cents.sql").write_text(
        "{% macro cents(c) %}round({{ c }} / {{ var('divisor', 100) }}, 2){% endmacro %}\n"
    )
    wall([options.rdbt, "parse"], project)
    listed = [wall([options.rdbt, "ls"], project) for _ in range(2 * options.rounds)]
    figures.add("ls_unchanged", "`ls`, 1,000 models, nothing changed, wall", [1000 * t for t in listed], "ms", goal=60)
    model, times = project / "models" / "model_00000.sql", []
    for number in range(2 * options.rounds):
        model.write_text(f"{{% set n = {number} %}}select {{{{ n }}}} as id, 100 as amount\n")
        times.append(1000 * wall([options.rdbt, "parse"], project))
    figures.add("parse_file", "`parse`, 1,000 models, one file changed, wall", times, "ms", goal=80)
    commands = [[options.rdbt, "ls", "--vars", f"divisor: {200 + n}"] for n in range(2 * options.rounds)]
    times = [1000 * wall(command, project) for command in commands]
    figures.add("ls_variable", "`ls`, 1,000 models, one variable changed, wall", times, "ms", goal=100)


def macros(options, work, figures):
    """CPU time in which 2,400 macros are lowered and compiled, each once, in a fresh engine: what `macros.rs` measures."""
    write_macros(work / "macros")
    command = ["cargo", "bench", "--quiet", "--bench", "macros", "--", work / "macros" / "macros"]
    times = [float(printed(command, ROOT)) for _ in range(options.rounds)]
    figures.add("macros", f"{MACROS:,} macros lowered and compiled, CPU", times, "ms", goal=100)


def compiling(options, work, figures):
    """CPU time of `rdbt compile` of 5,000 models, all files written."""
    project = work / "compile"
    write_layers(project, 5000)
    times = []
    for _ in range(options.rounds):
        shutil.rmtree(project / "target", ignore_errors=True)
        times.append(cpu([options.rdbt, "compile", "--no-partial-parse"], project))
    figures.add("compile_5000", "`compile`, 5,000 models, cold, files written, CPU", times, goal=1.5)


GOALS = {1000: (0.15, None), 5000: (0.8, 250), 20000: (4, None)}


def scale(options, work, figures):
    """CPU time and peak memory of `rdbt parse`, and CPU time of `rdbt ls --select` by graph operators, on projects of 100 to
    20,000 models, with R² of a straight line."""
    parsed, selected = [], []
    for models in (100, 1000, 2500, 5000, 10000, 20000):
        project = work / f"scale_{models}"
        write_layers(project, models)
        cold = [options.rdbt, "parse", "--no-partial-parse"]
        listing = [options.rdbt, "ls", "--select", "+model_00050+", "@model_00010", "--exclude", "tag:none"]
        rounds = [run(cold, project) for _ in range(options.rounds)]
        parsed.append((models, min(cpu for _, cpu, _ in rounds)))
        selected.append((models, min(cpu(listing, project) for _ in range(options.rounds))))
        goal, memory_goal = GOALS.get(models, (None, None))
        if models != 1000:
            figures.add(f"parse_{models}", f"`parse`, {models:,} models, cold, CPU", [parsed[-1][1]], goal=goal)
        peaks = [peak for _, _, peak in rounds]
        figures.add(f"memory_{models}", f"`parse`, {models:,} models, peak memory", peaks, "MB", goal=memory_goal)
        figures.add(f"select_{models}", f"`ls --select` by the graph, {models:,} models, CPU", [selected[-1][1]])
        shutil.rmtree(project)
    for (key, name), points in zip((("parse", "`parse`"), ("select", "`ls --select`")), (parsed, selected), strict=True):
        slope, fit = straight(points)
        figures.add(f"slope_{key}", f"{name}, CPU for each model more, 100 to 20,000", [slope * 1e6], "µs")
        figures.add(f"fit_{key}", f"{name}, R² of a straight line, 100 to 20,000 models", [fit], "")
