# `make demo` builds rdbt and runs the demonstration project; `make test` runs every check, `make bench` measures
# and draws what it found. Both set up what they need.

.PHONY: demo scale test test-scripts test-site test-clients build lint bench conformance libduckdb wheel test-wheel

RDBT := $(or $(CARGO_TARGET_DIR),target)/release/rdbt

demo: build
	$(RDBT) build --for simulation_year=2025..2027
	$(RDBT) show --select fct_workforce_snapshot --vars simulation_year=2027

build: libduckdb
	cargo build --release

# Python models are tested in a Python of the tests' own, unless RDBT_PYTHON names another.
test: libduckdb lint test-scripts
	RDBT_PYTHON="$${RDBT_PYTHON:-$$(scripts/python.sh)}" cargo test

# The scripts that compare two executables need no more than Python; a machine without it cannot run them anyway.
test-scripts:
	@if command -v python3 >/dev/null; then python3 -m unittest discover -s scripts; fi

# The documentation page of the demonstration project, in a headless Chromium. Needs Chromium and Node; says so if they are missing.
test-site: build
	@if command -v node >/dev/null; then node scripts/site/check.mjs $(abspath $(RDBT)); \
	else echo "test-site: there is no Node on this machine, so the documentation page was not tried."; fi

# Orchestrators, linters and readers of artifacts, installed into Pythons of their own, with rdbt as their dbt.
test-clients: build
	scripts/test_clients.sh $(RDBT)

lint: libduckdb
	cargo fmt --check
	cargo clippy --all-targets -- -D warnings

bench: build
	python3 benches/bench.py --rdbt $(RDBT) --json benches/results.json
	python3 benches/picture.py benches/results.json docs/speed.svg README.md

# The demonstration project at several sizes: a straight line, and equal tables whichever way it runs.
scale: build
	python3 scripts/simulation_scale.py $(abspath $(RDBT))

conformance: build
	DBT_EXE=$(abspath $(RDBT)) .ci/conformance

# The Python package, with the program and libduckdb in it; `test-wheel` installs it into a Python of its own.
wheel: libduckdb
	scripts/wheel.sh

test-wheel: wheel
	scripts/test_wheel.sh

libduckdb:
	@scripts/libduckdb.sh
