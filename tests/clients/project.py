"""The project that every client is tried on: a copy of tests/data/rich, and `dbt` as found on the PATH."""
import json
import pathlib
import shutil
import subprocess
import tempfile
import unittest

RICH = pathlib.Path(__file__).parent.parent / "data" / "rich"


class ClientTest(unittest.TestCase):
    """A fresh copy of the project for each test, in `self.project`."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.project = self.folder / "rich"
        shutil.copytree(RICH, self.project)
        profile = self.project / "profiles.yml"
        # Clients start dbt in folders of their own.
        profile.write_text(profile.read_text().replace("rich.duckdb", str(self.folder / "rich.duckdb")))

    def dbt(self, *words):
        """Runs the program in the project; fails the test if it fails. Returns its standard output."""
        done = subprocess.run(["dbt", *words], cwd=self.project, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def artifact(self, name):
        """An artifact of the last command, read."""
        return json.loads((self.project / "target" / name).read_text())

    def break_model(self, name="report"):
        """Makes a model fail in the database."""
        path = next(self.project.glob(f"models/**/{name}.sql"))
        path.write_text("select nope from {{ ref('raw_orders') }}")
