#!/usr/bin/env python3
"""Draw what bench.py found: a picture (SVG) of rdbt's figures beside those of DuckDB and of the reference, and the table of
the README between its two marks.

usage: picture.py RESULTS.json PICTURE.svg [README.md]
"""
import html
import json
import pathlib
import sys

BEGIN, END = "<!-- figures: written by benches/picture.py -->", "<!-- end of figures -->"
WIDTH, NAMES, BAR, GAP = 860, 380, 14, 12
COLOURS = {"rdbt": "#c2410c", "duckdb": "#a3a3a3", "reference": "#525252"}
LABELS = {"rdbt": "rdbt", "duckdb": "the same asked of DuckDB directly", "reference": "dbt 1.12"}
# CPU seconds of dbt's cold `parse` of 1,000 models on the machine for which the goals in seconds were set.
REFERENCE_PARSE = 12.6
FONT = 'font-family="system-ui, sans-serif" font-size="12"'


def amount(value, unit):
    """A figure with three digits that count."""
    if value >= 100 or not unit:
        text = f"{value:,.0f}" if value >= 10 or value == int(value) else f"{value:.4f}"
    else:
        text = f"{value:.3g}"
    return f"{text} {unit}".strip()


def compared(figures):
    """The figures that stand beside another's."""
    return [figure for figure in figures if "duckdb" in figure or "reference" in figure]


def bars(figure, top):
    """One figure: its name, and a bar for each program, the longest across the whole width. Gives the SVG and its height."""
    programs = [name for name in COLOURS if name in figure]
    longest, room = max(figure[name] for name in programs), WIDTH - NAMES - 90
    name = html.escape(figure["name"].replace("`", ""))
    lines = [f'<text x="{NAMES - 10}" y="{top + BAR - 3}" text-anchor="end" {FONT} fill="#262626">{name}</text>']
    for row, program in enumerate(programs):
        y, length = top + row * (BAR + 2), max(2, figure[program] / longest * room)
        lines.append(f'<rect x="{NAMES}" y="{y}" width="{length:.1f}" height="{BAR}" fill="{COLOURS[program]}"/>')
        shown = amount(figure[program], figure["unit"])
        lines.append(f'<text x="{NAMES + length + 6:.1f}" y="{y + BAR - 3}" {FONT} fill="#525252">{shown}</text>')
    return "\n".join(lines), len(programs) * (BAR + 2) + GAP


def picture(figures):
    """The whole picture; each figure has a scale of its own."""
    parts, top = [], 40
    for figure in compared(figures):
        part, height = bars(figure, top)
        parts.append(part)
        top += height
    x = NAMES
    for name in COLOURS:
        parts.append(f'<rect x="{x}" y="10" width="{BAR}" height="{BAR}" fill="{COLOURS[name]}"/>')
        parts.append(f'<text x="{x + BAR + 5}" y="21" {FONT} fill="#262626">{LABELS[name]}</text>')
        x += 7 * len(LABELS[name]) + 2 * BAR
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{top}" viewBox="0 0 {WIDTH} {top}">'
    return "\n".join([head, f'<rect width="{WIDTH}" height="{top}" fill="#ffffff"/>', *parts, "</svg>"]) + "\n"


def pace(figures):
    """How many times as long as there the machine of these figures takes, by what dbt takes in the same run; 1 if dbt was not
    measured."""
    parses = [figure["reference"] for figure in figures if figure["key"] == "parse_1000" and "reference" in figure]
    return parses[0] / REFERENCE_PARSE if parses else 1


def goal_of(figure, times):
    """A figure's goal in words; one in seconds also as it is on a machine that takes so many times as long."""
    unit = figure["unit"]
    if "least" in figure:
        return f"≥ {figure['least']:g}"
    if "ratio_goal" in figure:
        return f"≤ {figure['ratio_goal']:g} × DuckDB"
    if "goal" not in figure:
        return ""
    paced = unit in ("s", "ms") and abs(times - 1) > 0.1
    return f"≤ {amount(figure['goal'], unit)}" + (f"; {amount(figure['goal'] * times, unit)} at this pace" if paced else "")


def table(figures):
    """The figures that have a goal or stand beside another's, and the straight lines, as a table of Markdown."""
    marks = {"goal", "duckdb", "reference"}
    times = pace(figures)
    figures = [figure for figure in figures if marks & figure.keys() or figure["key"].startswith(("slope", "fit"))]
    lines = ["| | rdbt | goal | DuckDB directly | dbt 1.12 |", "|---|---|---|---|---|"]
    for figure in figures:
        unit, ours = figure["unit"], figure["rdbt"]
        cells = [figure["name"], amount(ours, unit), goal_of(figure, times)]
        for other in ("duckdb", "reference"):
            cells.append(f"{amount(figure[other], unit)} ({ours / figure[other]:.3g} ×)" if other in figure else "")
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main():
    results, target, *readme = map(pathlib.Path, sys.argv[1:])
    figures = json.loads(results.read_text())
    target.parent.mkdir(exist_ok=True)
    target.write_text(picture(figures))
    for file in readme:
        text = file.read_text()
        if BEGIN not in text or END not in text:
            sys.exit(f"{file} has no place for the table: put the lines `{BEGIN}` and `{END}` where it belongs.")
        before, rest = text.split(BEGIN, 1)
        file.write_text(f"{before}{BEGIN}\n{table(figures)}\n{END}{rest.split(END, 1)[1]}")


if __name__ == "__main__":
    main()
