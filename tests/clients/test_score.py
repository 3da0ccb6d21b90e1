"""dbt-score: rates what the manifest says of each resource.

Not tried: `--run-dbt-parse` and `--select`. They import dbt-core into dbt-score's own process.
"""
import json
import pathlib
import subprocess
import sys
import unittest

from project import ClientTest

# As dbt-score rates dbt's own manifest of the project.
SCORES = {
    "model.rich.eph_paid": 6.67,
    "model.rich.stg_orders": 6.67,
    "model.rich.report": 8.0,
    "model.rich.metricflow_time_spine": 8.15,
    "model.rich.orders": 7.41,
    "model.rich.events": 8.89,
    "model.rich.customers.v1": 6.67,
    "model.rich.customers.v2": 6.67,
    "source.rich.shop.orders": 10.0,
    "snapshot.rich.orders_history": 10.0,
    "snapshot.rich.customers_history": 10.0,
    "exposure.rich.weekly": 10.0,
    "seed.rich.raw_customers": 5.56,
    "seed.rich.raw_orders": 5.56,
    "macro.rich.cents": 7.78,
    "macro.rich.duckdb__scalar_function_sql": 5.56,
    "macro.rich.test_at_least": 7.78,
}


class ScoreTest(ClientTest):
    """Reads target/manifest.json."""

    def test_scores_are_those_of_dbts_manifest(self):
        self.dbt("parse")
        score = pathlib.Path(sys.executable).parent / "dbt-score"
        command = [score, "lint", "--manifest", "target/manifest.json", "--format", "json"]
        done = subprocess.run(command, cwd=self.project, capture_output=True, text=True)
        rated = json.loads(done.stdout)["evaluables"]
        self.assertEqual({name: round(item["score"], 2) for name, item in rated.items()}, SCORES)


if __name__ == "__main__":
    unittest.main()
