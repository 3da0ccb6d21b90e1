"""The arithmetic of `simulation_scale.py`."""
import unittest

import simulation_scale as scale


class Inputs(unittest.TestCase):
    def test_the_census_is_repeated_under_new_ids(self):
        rows = [{"employee_id": "EMP_000001", "level_id": "1"}, {"employee_id": "EMP_000002", "level_id": "2"}]
        repeated = scale.repeated(rows, 5)
        self.assertEqual([row["employee_id"] for row in repeated], [f"EMP_{n:06d}" for n in range(1, 6)])
        self.assertEqual([row["level_id"] for row in repeated], ["1", "2", "1", "2", "1"])

    def test_the_last_year_goes_on(self):
        rows = [{"year": "2025", "rate": "1"}, {"year": "2026", "rate": "2"}, {"year": "2026", "rate": "3"}]
        extended = scale.extended(rows, "year", 2028)
        self.assertEqual([(row["year"], row["rate"]) for row in extended[3:]],
                         [("2027", "2"), ("2027", "3"), ("2028", "2"), ("2028", "3")])
        self.assertEqual(scale.extended(rows, "year", 2025), rows)


class Straightness(unittest.TestCase):
    def test_is_one_for_a_line_and_less_for_a_bend(self):
        self.assertAlmostEqual(scale.straightness([(1, 3), (2, 5), (10, 21)]), 1.0)
        self.assertLess(scale.straightness([(1, 1), (2, 16), (3, 1), (4, 20)]), scale.STRAIGHT)

    def test_sizes_are_read(self):
        self.assertEqual(scale.size("5000x5"), (5000, 5))


if __name__ == "__main__":
    unittest.main()
