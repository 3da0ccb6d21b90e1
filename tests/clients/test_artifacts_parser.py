"""dbt-artifacts-parser: its typed classes take every artifact."""
import unittest

from dbt_artifacts_parser import parser

from project import ClientTest


class ArtifactsParserTest(ClientTest):
    """Classes of pydantic that refuse fields of another type, and fields that are missing."""

    def setUp(self):
        super().setUp()
        self.dbt("build")
        self.dbt("docs", "generate")

    def test_the_manifest(self):
        written = self.artifact("manifest.json")
        for semantic_model in written["semantic_models"].values():
            for dimension in semantic_model["dimensions"]:
                # New in dbt 1.12: this release of the parser refuses dbt's own manifest for it.
                self.assertIsNone(dimension.pop("datatype"))
        manifest = parser.parse_manifest(written)
        self.assertEqual(type(manifest).__name__, "ManifestV12")
        self.assertEqual(manifest.nodes["model.rich.orders"].resource_type, "model")
        self.assertEqual(manifest.metadata.dbt_version, "1.12.6")
        self.assertTrue(manifest.metrics and manifest.semantic_models and manifest.saved_queries)
        self.assertTrue(manifest.exposures and manifest.groups and manifest.unit_tests)

    def test_the_run_results(self):
        self.dbt("build")
        results = parser.parse_run_results(self.artifact("run_results.json"))
        self.assertEqual(type(results).__name__, "RunResultsV6")
        statuses = {result.unique_id: result.status.value for result in results.results}
        self.assertEqual(statuses["model.rich.orders"], "success")

    def test_the_catalog(self):
        catalog = parser.parse_catalog(self.artifact("catalog.json"))
        self.assertEqual(type(catalog).__name__, "CatalogV1")
        self.assertIn("order_id", catalog.nodes["model.rich.orders"].columns)

    def test_the_sources(self):
        self.dbt("source", "freshness")
        sources = parser.parse_sources(self.artifact("sources.json"))
        self.assertEqual(type(sources).__name__, "SourcesV3")
        self.assertTrue(sources.results)


if __name__ == "__main__":
    unittest.main()
