#!/usr/bin/env bash
# Installs the newest wheel into a fresh Python and runs python/tests there, away from the checkout.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/python"
wheel=$(ls -t target/wheels/rdbt-*.whl | head -1)
"$work/python/bin/pip" install --quiet --disable-pip-version-check "$wheel"
cp -r python/tests "$work/tests"
cd "$work"
"$work/python/bin/rdbt" --version
"$work/python/bin/python" -m unittest discover -s tests
