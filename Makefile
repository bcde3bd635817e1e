# The verbs of this repository. `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help install run demo check test faults bench bench-live bench-telemetry docs vendor-check

VENV := .venv
BIN := $(VENV)/bin
RUN := $(VENV)/.run-installed
DEV := $(VENV)/.dev-installed

help:  ## Say what each verb does
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 16

install: $(RUN)  ## Make .venv with the product and everything it needs to run

run: $(RUN)  ## Show the live board of work/collaboration
	@exec $(BIN)/llm-service dashboard start --watch-dir work/collaboration

demo: $(RUN)  ## Show a simulated world: board, workers, fine-tunes, costs
	@exec $(BIN)/llm-service dashboard start --demo

check: $(DEV) vendor-check  ## Lint, formatting, types of core/, direction of imports, vendored files
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q tests/test_architecture.py

test: $(DEV)  ## Every test but the long fault runs; says at the end what was left out
	@$(BIN)/python tools/run_tests.py

faults: $(DEV)  ## The long fault-injection runs
	$(BIN)/python -m pytest -m faults

bench: $(DEV)  ## Benchmarks of the board, 9 minutes; figures go into docs/performance.md
	$(BIN)/python -m benchmarks board --write docs/performance.md

bench-live: $(DEV)  ## Those of watched servers: relay, live cards, loss curves, 4 minutes
	$(BIN)/python -m benchmarks workers training --write docs/performance.md

bench-telemetry: $(DEV)  ## Those of telemetry with ten million rows, 17 minutes, 4 GB of disk
	$(BIN)/python -m benchmarks telemetry --write docs/performance.md

docs: $(DEV)  ## Make the documents that come from the types and the commands
	$(BIN)/python tools/make_docs.py

vendor-check: $(RUN)  ## Compare vendored files with the hashes in VENDOR.md
	$(BIN)/python tools/check_vendor.py

$(VENV)/pyvenv.cfg:
	@tools/make_venv.sh $(VENV)

$(RUN): $(VENV)/pyvenv.cfg setup.cfg pyproject.toml requirements.txt
	@echo "Installing llm-service into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@

$(DEV): $(RUN) requirements-dev.txt
	@echo "Installing the tools for tests and checks into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@
