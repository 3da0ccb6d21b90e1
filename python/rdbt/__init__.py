"""rdbt compiles and runs dbt projects on DuckDB. The program is `rdbt`; `rdbt.cli.main` calls it from Python."""

from rdbt.program import executable

__all__ = ["executable"]
