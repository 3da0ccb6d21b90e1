"""dagster-dbt: assets made of the manifest, and builds whose JSON lines become events of assets and of their checks.

Not tried: `fetch_row_counts` and `fetch_column_metadata`. They import dbt-core and its adapter into dagster's own
process, whatever the executable is.
"""
import json
import unittest

from dagster import AssetExecutionContext, AssetKey, materialize
from dagster_dbt import DbtCliInvocation, DbtCliResource, DbtProject, dbt_assets

from project import ClientTest


class DagsterTest(ClientTest):
    """Everything goes through `DbtCliResource` with an executable called `dbt`."""

    def setUp(self):
        super().setUp()
        self.resource = DbtCliResource(project_dir=str(self.project), dbt_executable="dbt")
        self.resource.cli(["parse"], target_path=self.project / "target").wait()
        self.manifest = self.project / "target" / "manifest.json"

    def build(self, *words, raise_on_error=True):
        """Materializes the project's assets by one dbt command."""

        @dbt_assets(manifest=self.manifest)
        def assets(context: AssetExecutionContext, dbt: DbtCliResource):
            yield from dbt.cli([*(words or ["build"])], context=context).stream()

        return materialize([assets], resources={"dbt": self.resource}, raise_on_error=raise_on_error)

    def materialized(self, result):
        """Ids of the nodes whose assets were materialized, with how long each took."""
        found = {}
        for event in result.get_asset_materialization_events():
            metadata = event.materialization.metadata
            found[metadata["unique_id"].value] = metadata["Execution Duration"].value
        return found

    def test_build_becomes_events_of_assets_and_checks(self):
        result = self.build()
        self.assertTrue(result.success)
        found = self.materialized(result)
        results = {r["unique_id"]: r for r in self.run_results()}
        kinds = ("model.", "seed.", "snapshot.")
        expected = {node for node in results if node.startswith(kinds) and "eph_paid" not in node}
        self.assertEqual(found.keys(), expected)
        self.assertTrue(all(0 <= seconds < 60 for seconds in found.values()), found)
        checks = {check.check_name: check for check in result.get_asset_check_evaluations()}
        self.assertTrue(checks["unique_raw_orders_order_id"].passed)
        self.assertEqual(checks["unique_raw_orders_order_id"].asset_key, AssetKey("raw_orders"))

    def run_results(self):
        """The results of the last invocation, which has a folder of its own below target/."""
        newest = max(self.project.glob("target/**/run_results.json"), key=lambda path: path.stat().st_mtime)
        return json.loads(newest.read_text())["results"]

    def test_failures_reach_dagster(self):
        self.break_model()
        self.dbt("parse")
        result = self.build(raise_on_error=False)
        self.assertFalse(result.success)
        self.assertNotIn("model.rich.report", self.materialized(result))
        self.assertIn("model.rich.orders", self.materialized(result))
        errors = [str(event.step_failure_data.error) for event in result.get_step_failure_events()]
        self.assertTrue(any("nope" in error for error in errors), errors)

    def test_a_test_that_warns_is_a_check_that_did_not_pass(self):
        with (self.project / "seeds" / "raw_orders.csv").open("a") as seed:
            seed.write((self.project / "seeds" / "raw_orders.csv").read_text().splitlines()[1] + "\n")
        result = self.build("build", "--select", "raw_orders", raise_on_error=False)
        check = {check.check_name: check for check in result.get_asset_check_evaluations()}["unique_raw_orders_order_id"]
        self.assertFalse(check.passed)
        self.assertEqual(check.severity.value, "WARN")
        self.assertEqual(check.metadata["dagster_dbt/failed_row_count"].value, 1)

    def test_an_invocation_gives_its_events_and_artifacts(self):
        invocation: DbtCliInvocation = self.resource.cli(["build", "--select", "raw_orders"], target_path=self.project / "t")
        events = list(invocation.stream_raw_events())
        self.assertTrue(invocation.is_successful())
        names = [event.raw_event["info"]["name"] for event in events]
        for name in ("MainReportVersion", "FoundStats", "LogStartLine", "LogSeedResult", "LogTestResult", "EndOfRunSummary", "StatsLine"):
            self.assertIn(name, names)
        self.assertEqual(invocation.get_artifact("run_results.json")["args"]["which"], "build")

    def test_a_project_prepares_its_manifest(self):
        project = DbtProject(project_dir=self.project, target="dev")
        project.preparer.prepare(project)
        self.assertTrue(project.manifest_path.exists())


if __name__ == "__main__":
    unittest.main()
