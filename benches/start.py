"""What rdbt costs before the database is asked: starting, parsing, its cache, macros, compiling, and all that as projects grow."""
import pathlib

from measure import cpu, printed, put_aside, run, straight, wall
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
        if options.reference:
            theirs.append(cpu([options.reference, "parse", "--no-partial-parse"], project))
        # The reference works for ten seconds and leaves the caches of the processor to others: the first run only warms up.
        for counts in (False, True, True):
            put_aside(project / "target")
            taken = cpu([options.rdbt, "parse", "--no-partial-parse"], project)
            ours += [taken] * counts
    figures.add("parse_1000", "`parse`, 1,000 models, cold, CPU", ours, goal=0.15, reference=theirs)


def cache(options, work, figures):
    """After a first `parse` of 1,000 models: wall time of `ls` with nothing changed, of `parse` with one file changed and of
    `ls` with one variable changed, which a fifth of the models read."""
    project = work / "cache"
    write_layers(project, 1000)
    (project / "macros" / "cents.sql").write_text(
        "{% macro cents(c) %}round({{ c }} / {{ var('divisor', 100) }}, 2){% endmacro %}\n"
    )
    model = project / "models" / "model_00000.sql"
    listed, changed, varied = [], [], []
    wall([options.rdbt, "parse"], project)
    for number in range(5 * options.rounds):
        # What the variable changed is put right by the first of these.
        wall([options.rdbt, "ls"], project)
        listed.append(1000 * wall([options.rdbt, "ls"], project))
        model.write_text(f"{{% set n = {number} %}}select {{{{ n }}}} as id, 100 as amount\n")
        changed.append(1000 * wall([options.rdbt, "parse"], project))
        varied.append(1000 * wall([options.rdbt, "ls", "--vars", f"divisor: {200 + number}"], project))
    figures.add("ls_unchanged", "`ls`, 1,000 models, nothing changed, wall", listed, "ms", goal=60)
    figures.add("parse_file", "`parse`, 1,000 models, one file changed, wall", changed, "ms", goal=80)
    figures.add("ls_variable", "`ls`, 1,000 models, one variable changed, wall", varied, "ms", goal=100)


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
        put_aside(project / "target")
        times.append(cpu([options.rdbt, "compile", "--no-partial-parse"], project))
    figures.add("compile_5000", "`compile`, 5,000 models, cold, files written, CPU", times, goal=1.5)


SIZES = (100, 1000, 2500, 5000, 10000, 20000)
GOALS = {1000: (0.15, None), 5000: (0.8, 250), 20000: (4, None)}
STRAIGHT = 0.99


def scale(options, work, figures):
    """CPU time and peak memory of `rdbt parse`, and CPU time of `rdbt ls --select` by graph operators and of `rdbt build` of a
    single model, which brings the whole graph with its tests in order first, on projects of 100 to 20,000 models, with R² of
    a straight line. The sizes take turns, so that a slow minute meets them all; the quickest round counts."""
    sizes = [models for models in SIZES if models <= options.most]
    commands = {
        "parse": ["parse", "--no-partial-parse"],
        "select": ["ls", "--select", "+model_00050+", "@model_00010", "--exclude", "tag:none"],
        "build": ["build", "--select", "model_00000"],
    }
    rounds = {(key, models): [] for key in commands for models in sizes}
    for models in sizes:
        write_layers(work / f"scale_{models}", models)
    for _ in range(options.rounds):
        for (key, models), found in rounds.items():
            found.append(run([options.rdbt, *commands[key]], work / f"scale_{models}"))
    names = {"parse": "`parse`, {}, cold", "select": "`ls --select` by the graph, {}", "build": "`build` of one of {}"}
    best = {key: min(cpu for _, cpu, _ in found) for key, found in rounds.items()}
    for models in sizes:
        goal, memory_goal = GOALS.get(models, (None, None))
        for key, name in names.items():
            if (key, models) != ("parse", 1000):
                limit = goal if key == "parse" else None
                name = f"{name.format(f'{models:,} models')}, CPU"
                figures.add(f"{key}_{models}", name, [best[key, models]], goal=limit)
        peaks = [peak for _, _, peak in rounds["parse", models]]
        figures.add(f"memory_{models}", f"`parse`, {models:,} models, peak memory", peaks, "MB", goal=memory_goal)
    for key, name in (("parse", "`parse`"), ("select", "`ls --select`"), ("build", "`build` of one model")):
        slope, fit = straight([(models, best[key, models]) for models in sizes])
        reach = f"{sizes[0]:,} to {sizes[-1]:,}"
        figures.add(f"slope_{key}", f"{name}, CPU for each model more, {reach}", [slope * 1e6], "µs")
        figures.add(f"fit_{key}", f"{name}, R² of a straight line, {reach} models", [fit], "", least=STRAIGHT)
