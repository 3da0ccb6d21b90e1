#!/usr/bin/env bash
# Builds the Python package `rdbt` into target/wheels/: the program, libduckdb and `rdbt.cli.main`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

folder=${RDBT_WHEEL_FOLDER:-$PWD/.python-wheel}
if [[ ! -x $folder/bin/maturin ]]; then
  python3 -m venv "$folder"
  "$folder/bin/pip" install --quiet --disable-pip-version-check 'maturin>=1.9,<2'
fi
rm -rf target/wheel-data
mkdir -p target/wheel-data/data/lib/rdbt
cp .libduckdb/libduckdb.* target/wheel-data/data/lib/rdbt/
RDBT_PORTABLE=1 "$folder/bin/maturin" build --release --quiet --out target/wheels
ls target/wheels
