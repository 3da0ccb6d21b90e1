"""astronomer-cosmos: a DAG of Airflow made by `dbt ls`, whose tasks start dbt as processes.

The DAG lies in a folder of Airflow's own and is run by `airflow dags test`, as a person would try it.
"""
import json
import os
import subprocess
import sys
import unittest
from pathlib import Path

from project import ClientTest

DAG = '''\
from datetime import datetime
from cosmos import DbtDag, ExecutionConfig, ProfileConfig, ProjectConfig, RenderConfig
from cosmos.constants import InvocationMode, LoadMode, TestIndirectSelection

dag = DbtDag(
    dag_id="rich",
    start_date=datetime(2025, 1, 1),
    project_config=ProjectConfig({project!r}),
    profile_config=ProfileConfig(profile_name="rich", target_name="dev", profiles_yml_filepath={project!r} + "/profiles.yml"),
    render_config=RenderConfig(
        load_method=LoadMode.DBT_LS, invocation_mode=InvocationMode.SUBPROCESS, select={select!r}, exclude={exclude!r},
    ),
    # A test of two models would otherwise run when the first of them is there.
    execution_config=ExecutionConfig(
        invocation_mode=InvocationMode.SUBPROCESS, test_indirect_selection=TestIndirectSelection.BUILDABLE,
    ),
)
'''
# Tasks of each node and what follows each, as cosmos makes them with dbt itself.
TASKS = {
    "customers_v1.run": ["customers_v1.test"],
    "customers_v1.test": [],
    "customers_v2.run": ["customers_v2.test"],
    "customers_v2.test": ["report_run"],
    "eph_paid_run": ["orders.run"],
    "events_run": [],
    "metricflow_time_spine_run": [],
    "orders.run": ["orders.test"],
    "orders.test": ["report_run"],
    "report_run": [],
    "stg_orders_run": ["eph_paid_run", "events_run", "orders_history_snapshot"],
    "raw_customers.seed": ["raw_customers.test"],
    "raw_customers.test": ["customers_history.snapshot", "customers_v1.run", "customers_v2.run"],
    "raw_orders.seed": ["raw_orders.test"],
    "raw_orders.test": ["stg_orders_run"],
    "customers_history.snapshot": ["customers_history.test"],
    "customers_history.test": [],
    "orders_history_snapshot": [],
}


class CosmosTest(ClientTest):
    """An Airflow of its own for each test; there is no dbt-core in its Python."""

    def setUp(self):
        super().setUp()
        home = self.folder / "airflow"
        (home / "dags").mkdir(parents=True)
        settings = {
            "CORE__LOAD_EXAMPLES": "False", "CORE__DAG_DISCOVERY_SAFE_MODE": "False", "COSMOS__ENABLE_CACHE": "False",
            "COSMOS__ENABLE_TELEMETRY": "False",
        }
        self.environment = {**os.environ, "AIRFLOW_HOME": str(home), **{f"AIRFLOW__{k}": v for k, v in settings.items()}}
        self.dags = home / "dags"
        self.airflow("db", "migrate")

    def airflow(self, *words):
        """Runs Airflow, from the Python that runs this; returns exit code and all that it wrote."""
        done = subprocess.run(
            [Path(sys.executable).parent / "airflow", *words], env=self.environment, cwd=self.folder,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )
        return done.returncode, done.stdout

    def write_dag(self, select=(), exclude=()):
        """Puts a DAG of the project into Airflow's folder."""
        text = DAG.format(project=str(self.project), select=list(select), exclude=list(exclude))
        (self.dags / "rich.py").write_text(text)

    def tasks(self):
        """Names of the DAG's tasks, with those that follow each."""
        script = (
            "import json, sys; sys.path.insert(0, sys.argv[1]); from rich import dag;"
            "print('TASKS' + json.dumps({t.task_id: sorted(t.downstream_task_ids) for t in dag.tasks}))"
        )
        done = subprocess.run(
            [sys.executable, "-c", script, self.dags], env=self.environment, cwd=self.folder, capture_output=True, text=True,
        )
        line = [line for line in done.stdout.splitlines() if line.startswith("TASKS")]
        self.assertTrue(line, done.stdout + done.stderr)
        return json.loads(line[0].removeprefix("TASKS"))

    def test_ls_gives_the_tasks_and_their_order(self):
        self.write_dag()
        tasks = self.tasks()
        self.assertEqual(tasks, TASKS)

    def test_a_dag_runs_to_its_end(self):
        # Cosmos has no tasks for functions, so the model that calls one cannot run.
        self.write_dag(exclude=["customers_v2", "report"])
        code, output = self.airflow("dags", "test", "rich", "2025-01-01")
        failed = [line for line in output.splitlines() if "new_state=failed" in line or "ERROR" in line]
        self.assertEqual(code, 0, "\n".join(failed) or output[-4000:])
        shown = self.dbt("show", "--inline", "select count(*) as n from {{ ref('orders') }}", "--output", "json", "--quiet")
        self.assertGreater(json.loads(shown)["show"][0]["n"], 0)

    def test_a_failing_model_fails_its_task(self):
        self.break_model("stg_orders")
        self.write_dag(select=["raw_orders", "stg_orders"])
        code, output = self.airflow("dags", "test", "rich", "2025-01-01")
        self.assertNotEqual(code, 0)
        self.assertIn("dbt command failed. The command returned a non-zero exit code 1.", output)


if __name__ == "__main__":
    unittest.main()
