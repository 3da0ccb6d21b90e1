"""The installed package in a small project: what people call from orchestrators and notebooks."""
import os
import pathlib
import subprocess
import tempfile
import unittest

from rdbt import executable
from rdbt.cli.main import DbtException, DbtUsageException, dbtRunner

FILES = {
    "dbt_project.yml": "name: shop\nprofile: shop\n",
    "profiles.yml": "shop: {target: dev, outputs: {dev: {type: duckdb, path: shop.duckdb}}}\n",
    "models/good.sql": "select {{ var('number', 1) }} as id\n",
    "models/bad.sql": "select * from nowhere\n",
    "models/tests.yml": "models: [{name: good, columns: [{name: id, data_tests: [not_null, {accepted_values: {arguments: {values: ['1']}}}]}]}]\n",
}


class Runner(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        for path, text in FILES.items():
            file = pathlib.Path(self.folder.name, path)
            file.parent.mkdir(exist_ok=True)
            file.write_text(text)
        before = os.getcwd()
        os.chdir(self.folder.name)
        self.addCleanup(os.chdir, before)

    def test_the_program_finds_its_library(self):
        said = subprocess.run([executable(), "debug"], capture_output=True, text=True)
        self.assertEqual(said.returncode, 0, said.stdout + said.stderr)

    def test_results_know_their_nodes(self):
        result = dbtRunner().invoke(["build", "--select", "good"])
        self.assertTrue(result.success, result.exception)
        statuses = {each.node.name: each.status for each in result.result.results}
        self.assertEqual(statuses.pop("good"), "success")
        self.assertEqual(set(statuses.values()), {"pass"})

    def test_failures_are_results_and_errors_are_exceptions(self):
        result = dbtRunner().invoke(["run"])
        self.assertEqual((result.success, result.exception), (False, None))
        self.assertEqual(sorted(each.status for each in result.result.results), ["error", "success"])

        result = dbtRunner().invoke(["run", "--profile", "none"])
        self.assertIsInstance(result.exception, DbtException)
        self.assertIn("Could not find profile named 'none'", str(result.exception))

        result = dbtRunner().invoke(["run", "--selct", "x"])
        self.assertIsInstance(result.exception, DbtUsageException)
        self.assertIn("No such option '--selct'", str(result.exception))

    def test_options_come_from_keywords(self):
        result = dbtRunner().invoke(["build"], select=["good"], vars={"number": 2}, fail_fast=True, exclude=None)
        self.assertFalse(result.success)
        failed = [each.node.name for each in result.result.results if each.status == "fail"]
        self.assertEqual(failed, ["accepted_values_good_id__1"])

    def test_callbacks_get_every_event(self):
        events = []
        self.assertTrue(dbtRunner(callbacks=[events.append]).invoke(["run", "--select", "good", "--quiet"]).success)
        names = [event.info.name for event in events]
        self.assertEqual((names[0], names[-1]), ("MainReportVersion", "CommandCompleted"))
        finished = next(event for event in events if event.info.name == "NodeFinished")
        self.assertEqual(finished.data.node_info.unique_id, "model.shop.good")
        self.assertIn("SQLQuery", names)

        def broken(event):
            raise ValueError("a callback's own error")

        result = dbtRunner(callbacks=[broken]).invoke(["parse"])
        self.assertIsInstance(result.exception, ValueError)

    def test_other_commands_hand_back_what_dbt_hands_back(self):
        self.assertEqual(dbtRunner().invoke(["ls", "--resource-type", "model"]).result, ["shop.bad", "shop.good"])
        self.assertIn("model.shop.good", dbtRunner().invoke(["parse"]).result.nodes)
        self.assertIs(dbtRunner().invoke(["debug"]).result, True)
        self.assertIsNone(dbtRunner().invoke(["clean"]).result)
        dbtRunner().invoke(["run", "--select", "good"])
        self.assertIn("model.shop.good", dbtRunner().invoke(["docs", "generate", "--select", "good"]).result.nodes)


if __name__ == "__main__":
    unittest.main()
