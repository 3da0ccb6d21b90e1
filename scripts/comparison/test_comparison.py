"""Checks that compare_projects.py sees each kind of difference, and none between runs that differ in time and ids.

The executables are small programs that write what dbt would write; each altered one differs in a single point.

    python3 -m unittest discover -s scripts
"""
import importlib.util
import pathlib
import subprocess
import sys
import tempfile
import textwrap
import unittest
import unittest.mock

SCRIPT = pathlib.Path(__file__).parent.parent / "compare_projects.py"
# The one table of the pretended project, when Python can write DuckDB files.
TABLE = "create table orders as select 1 as id, now()::timestamp as loaded_at"
EXECUTABLE = '''\
    #!{python}
    import datetime, json, pathlib, sys, uuid

    now = datetime.datetime.now(datetime.timezone.utc).isoformat()
    metadata = {{"invocation_id": str(uuid.uuid4()), "generated_at": now}}
    result = {{"unique_id": "model.shop.orders", "status": "success", "failures": None, "message": "OK"}}
    node = {{"created_at": now, "tags": ["b", "a"], "folder": str(pathlib.Path.cwd())}}
    manifest = {{"metadata": metadata, "nodes": {{"model.shop.orders": node}}}}
    summary = {{"linked": {{"0": {{"name": "a", "succ": [1]}}, "1": {{"name": "b"}}}}}}
    compiled, table, code = f"select 1 as id -- {{now}}", {table!r}, 0
    {altered}
    target = pathlib.Path("target")
    for kind in ("compiled", "run"):
        (target / kind).mkdir(parents=True, exist_ok=True)
        (target / kind / "orders.sql").write_text(compiled)
    (target / "run_results.json").write_text(json.dumps({{"metadata": metadata, "results": [result]}}))
    (target / "manifest.json").write_text(json.dumps(manifest))
    (target / "graph_summary.json").write_text(json.dumps(summary))
    if {duckdb}:
        import duckdb
        duckdb.connect("shop.duckdb").execute(table)
    print("finished in", uuid.uuid4().int % 9 + 0.5, "seconds")
    sys.exit(code)
'''
HAS_DUCKDB = importlib.util.find_spec("duckdb") is not None


class ComparisonTest(unittest.TestCase):
    """One pretended project, compared with each alteration of the executable."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.project = self.folder / "shop"
        self.project.mkdir()
        (self.project / "dbt_project.yml").write_text("name: shop\n")

    def executable(self, name, altered="pass"):
        """An executable that writes the artifacts, after running `altered` over what it is to write."""
        text = textwrap.dedent(EXECUTABLE).format(
            python=sys.executable, table=TABLE, altered=altered, duckdb=HAS_DUCKDB
        )
        path = self.folder / name
        path.write_text(text)
        path.chmod(0o755)
        return path

    def compare(self, altered, *options):
        """The exit code and the text of a comparison with an altered executable."""
        command = [sys.executable, SCRIPT, "--command", "build", *options]
        command += [self.executable("reference"), self.executable("candidate", altered), self.project]
        done = subprocess.run(command, capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    def assert_found(self, altered, *parts, options=()):
        code, text = self.compare(altered, *options)
        self.assertEqual(code, 1, text)
        for part in parts:
            self.assertIn(part, text)
        self.assertIn(": 1 differences", text.splitlines()[0].replace("2 differences", "1 differences"))

    def test_equal_runs_are_equal(self):
        code, text = self.compare("pass", "--messages", "--console")
        self.assertEqual((code, text.count("\n")), (0, 1), text)
        self.assertTrue(text.startswith("shop: 1 node results (1 success), 1 compiled and 1 run files"), text)
        self.assertIn(": equal", text)

    def test_exit_code(self):
        self.assert_found("code = 2", "build: exit code", "0 against 2")

    def test_status(self):
        self.assert_found("result['status'] = 'error'", "build: model.shop.orders", "'success'", "'error'")

    def test_message_if_asked(self):
        altered = "result['message'] = 'KO'"
        self.assertEqual(self.compare(altered)[0], 0)
        self.assert_found(altered, "model.shop.orders message", "KO", options=["--messages"])

    def test_console_if_asked(self):
        altered = "print('more')"
        self.assertEqual(self.compare(altered)[0], 0)
        self.assert_found(altered, "build: console", "+more", options=["--console"])

    def test_compiled_and_run_files(self):
        self.assert_found("compiled += ' '", "compiled/orders.sql", "run/orders.sql")

    def test_manifest_values(self):
        self.assert_found("node['tags'].append('c')", "manifest.json/nodes/model.shop.orders/tags")

    def test_run_results_but_for_their_times(self):
        self.assert_found("result['adapter_response'] = {'rows': 2}", "run_results.json/results/model.shop.orders/adapter_response")
        self.assertEqual(self.compare("result['execution_time'] = 7; result['thread_id'] = 'other'")[0], 0)

    def test_order_of_tags_does_not_count(self):
        self.assertEqual(self.compare("node['tags'].reverse()")[0], 0)

    def test_numbers_of_the_graph_do_not_count_but_its_shape_does(self):
        turned = "summary['linked'] = {'0': {'name': 'b'}, '1': {'name': 'a', 'succ': [0]}}"
        self.assertEqual(self.compare(turned)[0], 0)
        self.assert_found("summary['linked']['0']['succ'] = []", "graph_summary.json/linked/a/succ")

    def test_the_fingerprint_of_the_reference_decides_on_reuse(self):
        kept = ["--reuse", self.folder / "kept"]
        self.assertEqual(self.compare("pass", *kept)[0], 0)
        note = self.folder / "kept" / "shop" / "reference" / "steps.json"
        first = note.read_text()
        self.assertEqual(self.compare("pass", *kept)[0], 0)
        self.assertEqual(note.read_text(), first)
        (self.project / "dbt_project.yml").write_text("name: shop # changed\n")
        self.assertEqual(self.compare("pass", *kept)[0], 0)
        self.assertNotEqual(note.read_text(), first)

    def test_what_differs_between_runs_of_the_reference_is_left_out(self):
        template = "node['id'] = str(uuid.uuid4())"
        both = EXECUTABLE.replace("{altered}", template + "; {altered}")
        with unittest.mock.patch(f"{__name__}.EXECUTABLE", both):
            self.assert_found("pass", "model.shop.orders/id")
            code, text = self.compare("pass", "--twice")
            self.assertEqual(code, 0, text)
            self.assertIn("1 places differ between two runs of the reference", text)

    def test_a_project_on_which_both_fail_is_told_from_one_that_is_equal(self):
        template = "print('no such profile'); sys.exit(2); {altered}"
        with unittest.mock.patch(f"{__name__}.EXECUTABLE", EXECUTABLE.replace("{altered}", template)):
            code, text = self.compare("pass")
        self.assertEqual(code, 0, text)
        self.assertIn("no node ran: `build` of the reference said: no such profile", text)

    def test_mistakes_in_the_arguments_are_named(self):
        here = self.executable("reference")
        for arguments, message in (
            ([here, self.folder / "none", self.project], "none is not a program that can be run"),
            ([here, here, self.folder], "is no dbt project: it has no dbt_project.yml"),
            (["--root", self.folder / "other", here, here, self.project], "does not lie below"),
        ):
            done = subprocess.run([sys.executable, SCRIPT, *arguments], capture_output=True, text=True)
            self.assertEqual(done.returncode, 2)
            self.assertIn(message, done.stderr)

    def test_executables_may_be_named_from_here(self):
        for name in ("reference", "candidate"):
            self.executable(name)
        command = [sys.executable, SCRIPT, "--command", "build", "./reference", "./candidate", "shop"]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    @unittest.skipUnless(HAS_DUCKDB, "needs the duckdb package")
    def test_tables(self):
        self.assert_found("table = table.replace('1 as', '2 as')", "shop.duckdb main.orders.id", "['1'] against ['2']")
        self.assert_found("table = table.replace('1 as', '1::bigint as')", "main.orders columns", "BIGINT")
        self.assert_found("table = table.replace('table', 'view')", "main.orders kind", "VIEW")
        self.assert_found("table += ' union all select 1, now()::timestamp'", "main.orders rows", "1 rows against 2")


if __name__ == "__main__":
    unittest.main()
