# One place for the commands of a day's work. `make` alone lists them.
#
# Needs Python 3.11 or newer and make; nothing is compiled at set-up.
# Another interpreter: make PYTHON=python3.12 ...   Another data folder: CTACOL_SHARED=path

PYTHON ?= python3
# A raw file for the demo; without one it simulates.
DEMO_INPUT ?=

# SIGKILLs, other faults, and what their moments are drawn from, for test-faults.
KILLS ?= 100
OTHERS ?= 21
SEED ?= 1

BIN := .venv/bin
READY := .venv/.ready
# Tests with a server, if there is one here: $(call tests_with,begins it,tests). Status 75
# says that there can be none, and has told why; any other is a fault.
tests_with = $(BIN)/python $(1); status=$$?; case $$status in \
	0) $(BIN)/pytest $(2);; 75) ;; *) exit $$status;; esac
# Tests on all cores, slow ones wherever a core is free.
SPREAD := -n auto --dist worksteal

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-full test-cluster test-remote test-faults check audit parity mutants bench clean

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

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

test-full: test  ## `test`, then the long ones: fuzz, kills, README (< 80 min)
	$(BIN)/pytest -m full

test-cluster: $(READY)  ## runs through a real SLURM on this machine, if it can be installed (< 5 min)
	@$(call tests_with,tests/cluster/slurm.py,tests/cluster/slurm_routes.py)

test-remote: $(READY)  ## runs on a real S3 server on this machine, if it can be installed (< 5 min)
	@$(call tests_with,tests/remote/s3_server.py,tests/remote/s3_routes.py)

test-faults: $(READY)  ## kills at random moments, full disks, read errors, ... (docs/faults.md; 15 to 60 min)
	PYTHONPATH=tests $(BIN)/python -m campaign.run --kills $(KILLS) --others $(OTHERS) --seed $(SEED)

check: $(READY)  ## linter, formatter, types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy -p cta_columnar
	$(BIN)/mypy -p benchmarks

audit: $(READY)  ## licences and known vulnerabilities of all that is installed with the package
	$(BIN)/pip install --quiet pip-audit
	$(BIN)/python .ci/audit.py

parity: $(READY)  ## compare with ctapipe's reference values; writes the table of docs/parity.md
	PYTHONPATH=tests:. $(BIN)/pytest -p parity_table -m 'parity and not full' -p no:randomly -q --tb=short \
	  --parity-page docs/parity.md

mutants: $(READY)  ## break kernels one line at a time: each break must fail its test
	$(BIN)/python tests/mutants/run.py

bench: $(READY)  ## speed, memory and start-up, beside ctapipe on the same machine
	$(BIN)/python -m benchmarks.run

clean:  ## remove what the targets made (not the environment)
	rm -rf demo .bench build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
