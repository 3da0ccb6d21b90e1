"""sqlfluff: lints what rdbt compiled, and its dbt templater works in a project that rdbt has built.

The templater imports dbt-core (of a version of its own) into sqlfluff's process and renders with it; it never starts a program and
takes no manifest. What can be tried is that both live in one project: that dbt-core reads past rdbt's target folder
and database, and that the two render the same SQL.
"""
import json
import pathlib
import subprocess
import sys
import unittest

from project import ClientTest

TEMPLATER = """\
[sqlfluff]
dialect = duckdb
templater = dbt

[sqlfluff:templater:dbt]
project_dir = .
profiles_dir = .
"""


class SqlfluffTest(ClientTest):
    """A project that was built before."""

    def setUp(self):
        super().setUp()
        self.dbt("build")

    def sqlfluff(self, *words):
        """Runs sqlfluff in the project; returns what it wrote to standard output."""
        program = pathlib.Path(sys.executable).parent / "sqlfluff"
        done = subprocess.run([program, *words], cwd=self.project, capture_output=True, text=True)
        self.assertNotIn("Traceback", done.stderr)
        return done.stdout

    def test_compiled_sql_is_linted(self):
        found = self.sqlfluff("lint", "--templater", "raw", "--dialect", "duckdb", "--format", "json", "target/compiled/rich/models")
        files = {entry["filepath"]: entry["violations"] for entry in json.loads(found)}
        orders = "target/compiled/rich/models/marts/orders.sql"
        self.assertIn(orders, files)
        unparsable = [(path, v) for path, each in files.items() for v in each if v["code"] == "PRS"]
        self.assertEqual(unparsable, [])

    def test_its_templater_renders_what_rdbt_compiled(self):
        (self.project / ".sqlfluff").write_text(TEMPLATER)
        for model in ("stg_orders", "marts/report", "marts/customers_v1"):
            compiled = (self.project / f"target/compiled/rich/models/{model}.sql").read_text()
            # The templater's own log comes first.
            _, _, rendered = self.sqlfluff("render", f"models/{model}.sql").partition("Project Compiled.\n")
            self.assertEqual(rendered.strip(), compiled.strip(), model)


if __name__ == "__main__":
    unittest.main()
