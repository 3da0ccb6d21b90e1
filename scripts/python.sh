#!/usr/bin/env bash
# Puts a Python with DuckDB's package and the data frames that Python models use into .python/ (or RDBT_PYTHON_FOLDER),
# once, and prints the path of its interpreter. Prints nothing, and says why, where there is no Python to begin with: rdbt
# itself needs none.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

packages=(duckdb==1.5.6 pandas pyarrow polars)
folder=${RDBT_PYTHON_FOLDER:-$PWD/.python}
python=$folder/bin/python
stamp=$folder/packages
if [[ -x $python && $(cat "$stamp" 2>/dev/null) == "${packages[*]}" ]]; then
  echo "$python"
  exit 0
fi
if ! python3 -c 'import venv, ensurepip' 2>/dev/null; then
  echo "There is no Python 3 with venv here: Python models are tested only as far as rdbt's message about that." >&2
  exit 0
fi
rm -rf "$folder"
python3 -m venv "$folder"
"$folder/bin/pip" install --quiet --disable-pip-version-check "${packages[@]}" >&2
echo "${packages[*]}" >"$stamp"
echo "$python"
