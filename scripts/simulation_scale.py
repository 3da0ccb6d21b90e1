#!/usr/bin/env python3
"""Runs the demonstration project at several sizes and asks two things: does time grow in a straight line with the work, and do
all ways of running it come to the same tables?

    scripts/simulation_scale.py target/release/rdbt
    scripts/simulation_scale.py target/release/rdbt --sizes 1000x3,5000x5 --reference /path/to/dbt --json figures.json

A size is employees x years. The census of the project is repeated under new ids, which the draws depend on, and the inputs of
its last year go on for later ones. Exit code 1 when tables differ, or the line is not straight (R² below 0.95).
Needs Python 3.9 and nothing else: the databases are read with the program itself.
"""
import argparse
import csv
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
PARTS = ["models", "macros", "seeds", "snapshots", "tests", "dbt_project.yml", "profiles.yml"]
FIRST_YEAR = 2025
STRAIGHT = 0.95
EVENTS_A_SECOND = 52_000
# Inputs with a row, or some, for each year, and the column of the year.
YEARLY = {"irs_limits": "limit_year", "cost_of_living_by_year": "simulation_year", "compensation_levers": "simulation_year"}


class Failed(Exception):
    """A command of the simulation failed; the text is its output."""


class Simulation:
    """A copy of the project for so many employees and years, with a database of its own."""

    def __init__(self, folder, employees, years):
        self.folder, self.employees, self.years = folder, employees, range(FIRST_YEAR, FIRST_YEAR + years)
        for part in PARTS:
            source = ROOT / part
            if source.is_dir():
                shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("*.rs", "data", "common"))
            else:
                folder.mkdir(parents=True, exist_ok=True)
                shutil.copy(source, folder / part)
        rewrite(folder / "seeds" / "census_employees.csv", lambda rows: repeated(rows, employees))
        for name, column in YEARLY.items():
            rewrite(folder / "seeds" / f"{name}.csv", lambda rows, column=column: extended(rows, column, self.years[-1]))

    def run(self, program, *words):
        """Runs a command in the project; gives its seconds."""
        environment = {**os.environ, "WORKFORCE_DB": "simulation.duckdb", "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}
        start = time.perf_counter()
        done = subprocess.run([program, *words], cwd=self.folder, env=environment, capture_output=True, text=True)
        seconds = time.perf_counter() - start
        if done.returncode:
            raise Failed(f"{' '.join(map(str, [program, *words]))}\n{done.stdout[-4000:]}{done.stderr[-2000:]}")
        return seconds, done.stdout

    def all_years(self, rdbt, *words):
        """One command for all years; gives its seconds."""
        return self.run(rdbt, "--quiet", "build", "--for", f"simulation_year={self.years[0]}..{self.years[-1]}", *words)[0]

    def year_by_year(self, program, *words):
        """One command for each year; gives the seconds of all."""
        return sum(self.run(program, "--quiet", "build", "--vars", f"simulation_year: {year}", *words)[0] for year in self.years)

    def rows(self, rdbt, sql):
        """The rows of a query on the database."""
        words = ["--quiet", "show", "--inline-direct", sql, "--output", "json", "--limit", "-1"]
        return json.loads(self.run(rdbt, *words)[1])["show"]

    def tables(self, rdbt):
        """Every relation with a count and a digest of its rows, whatever their order; without what rdbt keeps for itself."""
        listed = self.rows(rdbt, "select table_schema as s, table_name as n from information_schema.tables "
                                 "where table_name not like 'rdbt!_%' escape '!' and table_schema not like 'rdbt%' order by all")
        queries = [
            f"select '{row['s']}.{row['n']}' as name, count(*) as number, coalesce(sum(hash(t)), 0)::varchar as digest "
            f"from \"{row['s']}\".\"{row['n']}\" as t" for row in listed
        ]
        return {row["name"]: (row["number"], row["digest"]) for row in self.rows(rdbt, " union all ".join(queries))}

    def event_models(self):
        """Seconds that the models of events took in the steps of the last `--for`."""
        seconds = 0.0
        for results in self.folder.glob("target/for/*/run_results.json"):
            for result in json.loads(results.read_text())["results"]:
                name = result["unique_id"].split(".")[-1]
                if result["unique_id"].startswith("model.") and name.endswith("_events"):
                    seconds += result["execution_time"]
        return seconds


def rewrite(path, change):
    """Changes the rows of a CSV file; `change` gets the header's names with each row."""
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(change(rows))


def repeated(rows, employees):
    """The census again and again, each employee under an id of their own."""
    return [{**rows[index % len(rows)], "employee_id": f"EMP_{index + 1:06d}"} for index in range(employees)]


def extended(rows, column, last_year):
    """The rows of the last year again for each year up to `last_year`."""
    known = max(int(row[column]) for row in rows)
    last = [row for row in rows if int(row[column]) == known]
    return rows + [{**row, column: str(year)} for year in range(known + 1, last_year + 1) for row in last]


def straightness(points):
    """R² of the straight line through points of work and seconds."""
    count = len(points)
    mean_x, mean_y = sum(x for x, _ in points) / count, sum(y for _, y in points) / count
    across = sum((x - mean_x) * (y - mean_y) for x, y in points)
    spread_x, spread_y = sum((x - mean_x) ** 2 for x, _ in points), sum((y - mean_y) ** 2 for _, y in points)
    return 1.0 if spread_y == 0 else across**2 / (spread_x * spread_y)


def scale(options, work):
    """Seconds and events at each size; whether the line is straight."""
    figures, points = [], []
    for employees, years in options.sizes:
        best, simulation = None, None
        for _ in range(options.rounds):
            shutil.rmtree(work, ignore_errors=True)
            simulation = Simulation(work, employees, years)
            seconds = simulation.all_years(options.rdbt)
            best = seconds if best is None else min(best, seconds)
        events = simulation.rows(options.rdbt, "select count(*) as events from main.fct_yearly_events")[0]["events"]
        a_second = events / simulation.event_models()
        points.append((employees * years, best))
        figures.append({"employees": employees, "years": years, "seconds": round(best, 3), "events": events,
                        "events_a_second": round(a_second)})
        print(f"{employees:>7,} x {years:<2}  {best:8.2f} s  {events:>9,} events  {a_second:>10,.0f} events/s", flush=True)
    # A small company has few events for each model, so that models cost more than events do.
    fastest = max(figure["events_a_second"] for figure in figures)
    print(f"events: {fastest:,} a second" + ("" if fastest >= EVENTS_A_SECOND else f", below {EVENTS_A_SECOND:,}"))
    r2 = straightness(points)
    print(f"straight line: R² = {r2:.4f}" + ("" if r2 >= STRAIGHT else f", below {STRAIGHT}"))
    return {"sizes": figures, "r2": round(r2, 5)}, r2 >= STRAIGHT


def single_seeds(simulation, rdbt):
    """Each seed loaded by a command of its own, then everything else."""
    for seed in sorted(simulation.folder.glob("seeds/*.csv")):
        simulation.run(rdbt, "--quiet", "seed", "--select", seed.stem)
    simulation.all_years(rdbt, "--exclude-resource-types", "seed")


def ways(options):
    """Ways of running the simulation that must come to the same, by name: each a function of a simulation."""
    rdbt = options.rdbt
    found = {
        "--for, 4 threads": lambda it: it.all_years(rdbt, "--threads", "4"),
        "--for, 1 thread": lambda it: it.all_years(rdbt, "--threads", "1"),
        "one command a year": lambda it: it.year_by_year(rdbt),
        "single seeds": lambda it: single_seeds(it, rdbt),
    }
    if "--skip-unchanged" in subprocess.run([rdbt, "build", "--help"], capture_output=True, text=True).stdout:
        found["--for --skip-unchanged"] = lambda it: it.all_years(rdbt, "--skip-unchanged")
        found["--skip-unchanged, one command a year"] = lambda it: it.year_by_year(rdbt, "--skip-unchanged")
    if options.reference:
        found["the reference"] = lambda it: it.year_by_year(options.reference)
    return found


def parity(options, work):
    """Whether every way of running comes to the tables of the first."""
    employees, years = options.parity
    print(f"parity at {employees:,} x {years}:")
    expected, differences = None, {}
    for name, go in ways(options).items():
        shutil.rmtree(work, ignore_errors=True)
        simulation = Simulation(work, employees, years)
        go(simulation)
        tables = simulation.tables(options.rdbt)
        expected = expected or tables
        differ = sorted(table for table in expected.keys() | tables.keys() if expected.get(table) != tables.get(table))
        differences[name] = differ
        print(f"  {name}: " + (f"differs in {', '.join(differ)}" if differ else f"{len(tables)} tables, equal"), flush=True)
    return {"employees": employees, "years": years, "differences": differences}, not any(differences.values())


def size(text):
    """`5000x5` as two numbers."""
    employees, _, years = text.partition("x")
    return int(employees), int(years)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rdbt", type=lambda path: pathlib.Path(path).resolve(), help="the program")
    parser.add_argument("--sizes", type=lambda text: [size(one) for one in text.split(",") if one],
                        default="1000x3,5000x5,10000x5,20000x10", help="sizes for the straight line; empty for none")
    parser.add_argument("--parity", type=size, default="1000x3", help="the size at which ways of running are compared")
    parser.add_argument("--no-parity", action="store_true", help="measure only")
    parser.add_argument("--reference", type=lambda path: pathlib.Path(path).resolve(), help="a dbt to compare with")
    parser.add_argument("--rounds", type=int, default=2, help="runs of each size; the best counts")
    parser.add_argument("--json", type=pathlib.Path, help="write the figures to this file")
    return parser.parse_args()


def main():
    options = arguments()
    figures, good = {}, True
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder) / "simulation"
        try:
            if options.sizes:
                figures["scale"], straight = scale(options, work)
                good &= straight
            if not options.no_parity:
                figures["parity"], same = parity(options, work)
                good &= same
        except Failed as failure:
            print(failure, file=sys.stderr)
            return 1
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1) + "\n")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
