# One place for the commands of a day's work. `make` alone lists them.
#
# Needs Python 3.11 or newer and make; nothing is compiled at set-up.
# Another interpreter: make PYTHON=python3.12 ...   Another data folder: CTACOL_SHARED=path

PYTHON ?= python3
# A raw file for the demo; without one it simulates.
DEMO_INPUT ?=

BIN := .venv/bin
READY := .venv/.ready
# Tests on all cores, slow ones wherever a core is free.
SPREAD := -n auto --dist worksteal

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-full test-cluster check parity mutants bench clean

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY)  ## create .venv with the package and its tools (other targets do this themselves)

# Made again when the dependencies may have changed; otherwise free.
$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0] + "; try: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --editable '.[dev]'
	@touch $@

demo: $(READY)  ## simulates; raw data -> DL1 -> DL2 -> DL3, with pages to look at; or DEMO_INPUT=file.simtel.zst to DL2
ifeq ($(DEMO_INPUT),)
	PATH="$(CURDIR)/$(BIN):$$PATH" sh examples/demo/demo.sh demo
	$(BIN)/python examples/directions.py demo/gamma/dl2
else
	@test -r '$(DEMO_INPUT)' || { \
	  echo "make demo: cannot read $(DEMO_INPUT)"; \
	  echo "Give it a sim_telarray file:  make demo DEMO_INPUT=path/to/run.simtel.zst"; \
	  exit 1; }
	$(BIN)/ctacol run stage1 --input '$(DEMO_INPUT)' --output demo/dl1 --overwrite
	$(BIN)/ctacol run stage2 --input demo/dl1 --output demo/dl2 --overwrite
	$(BIN)/python examples/directions.py demo/dl2
	$(BIN)/ctacol report demo/dl2 --output demo/report.html
endif

test: $(READY)  ## the tests, compiled, then the kernels again interpreted (< 10 min)
	$(BIN)/pytest $(SPREAD)
	NUMBA_DISABLE_JIT=1 $(BIN)/pytest $(SPREAD) tests/kernels

test-full: test  ## `test`, then the long ones: fuzz, kills (< 80 min)
	$(BIN)/pytest -m full

test-cluster: $(READY)  ## runs through a real SLURM on this machine, if it can be installed (< 5 min)
	@if $(BIN)/python tests/cluster/slurm.py; then $(BIN)/pytest tests/cluster/slurm_routes.py; fi

check: $(READY)  ## linter, formatter, types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy -p cta_columnar
	$(BIN)/mypy -p benchmarks

parity: $(READY)  ## compare with ctapipe's reference values; writes the table of docs/parity.md
	PYTHONPATH=tests:. $(BIN)/pytest -p parity_table -m 'parity and not full' -p no:randomly -q --tb=short \
	  --parity-page docs/parity.md

mutants: $(READY)  ## break kernels one line at a time: each break must fail its test
	$(BIN)/python tests/mutants/run.py

bench: $(READY)  ## speed, memory and start-up, beside ctapipe on the same machine
	$(BIN)/python -m benchmarks.run

clean:  ## remove what the targets made (not the environment)
	rm -rf demo .bench build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
