"""Running a command for its time and memory, and keeping what was found: printed line by line, written as JSON at the end."""
import json
import os
import statistics
import subprocess
import sys
import time


def run(arguments, folder, **environment):
    """Wall seconds, CPU seconds and peak resident megabytes of a command; ends the program if it fails."""
    started = time.perf_counter()
    process = subprocess.Popen(
        arguments, cwd=folder, env={**os.environ, **environment}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    taken = time.perf_counter() - started
    if status:
        sys.exit(f"{' '.join(map(str, arguments))} failed in {folder}")
    return taken, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def wall(arguments, folder, **environment):
    """Wall seconds of a command."""
    return run(arguments, folder, **environment)[0]


def cpu(arguments, folder):
    """CPU seconds of a command, user and system."""
    return run(arguments, folder)[1]


def printed(arguments, folder):
    """What a command prints; ends the program if it fails."""
    done = subprocess.run(arguments, cwd=folder, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, arguments))} failed in {folder}")
    return done.stdout


def put_aside(folder):
    """Moves a folder out of the way, if it is there; it goes with all else when the benches end."""
    if folder.exists():
        number = sum(1 for _ in folder.parent.glob(f"{folder.name}-*"))
        folder.rename(folder.with_name(f"{folder.name}-{number}"))


def straight(points):
    """Slope and R² of the straight line through (x, y)."""
    count, xs, ys = len(points), [x for x, _ in points], [y for _, y in points]
    mean_x, mean_y = sum(xs) / count, sum(ys) / count
    covariance = sum((x - mean_x) * (y - mean_y) for x, y in points)
    spread_x, spread_y = sum((x - mean_x) ** 2 for x in xs), sum((y - mean_y) ** 2 for y in ys)
    return covariance / spread_x, covariance**2 / (spread_x * spread_y)


class Figures:
    """What was measured, in the order in which it was found."""

    def __init__(self):
        self.found = []

    def add(self, key, name, ours, unit="s", goal=None, ratio_goal=None, least=None, **others):
        """Keeps the medians of rounds: of rdbt, and of what `others` needed for the same (`duckdb`, `reference`). The goals
        are upper limits, of rdbt's figure and of its ratio to DuckDB's; `least` is a lower one."""
        figure = {"key": key, "name": name, "unit": unit, "rdbt": statistics.median(ours)}
        figure |= {other: statistics.median(times) for other, times in others.items() if times}
        goals = {"goal": goal, "ratio_goal": ratio_goal, "least": least}
        figure |= {name: limit for name, limit in goals.items() if limit is not None}
        self.found.append(figure)
        print(line(figure), flush=True)

    def write(self, path):
        """Writes everything as JSON."""
        path.write_text(json.dumps(self.found, indent=1, ensure_ascii=False) + "\n")


def line(figure):
    """A figure in words."""
    unit, ours = figure["unit"], figure["rdbt"]
    text = f"{figure['name']}: rdbt {ours:.4g} {unit}"
    if "goal" in figure:
        text += f" (goal {figure['goal']:g})"
    if "least" in figure:
        text += f" (goal at least {figure['least']:g})"
    for other in ("duckdb", "reference"):
        if other in figure:
            text += f"; {other} {figure[other]:.4g} {unit}, ratio {ours / figure[other]:.3f}"
    if "ratio_goal" in figure:
        text += f" (goal {figure['ratio_goal']:g} times duckdb)"
    return text
