# Set-up and the main jobs. Needs Python 3.11 or newer, make and a package index; nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUNTIME := $(VENV)/.installed
TESTING := $(VENV)/.installed-test
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

.DEFAULT_GOAL := help
.PHONY: help demo test check bench schemas specimen clean

help: ## Say what there is.
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

demo: $(RUNTIME) ## Audit the two example networks and leave a report of each.
	@$(BIN)/audit run example_models/diabetes/audit.yaml --output reports/diabetes
	@echo
	@$(BIN)/audit run example_models/planted/audit.yaml --output reports/planted

test: $(TESTING) ## Run every test.
	@$(BIN)/python -m pytest -n auto --cov --cov-report=term --cov-fail-under=90

check: $(TESTING) ## Format, lint, types and import contracts.
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: $(TESTING) ## Benchmarks, peers side by side in one run.
	@for file in benchmarks/bench_*.py; do $(BIN)/python $$file || exit 1; done

schemas: $(RUNTIME) ## Write the JSON Schemas of audit.yaml and audit.json again.
	@$(BIN)/python -c 'from audit.schemas import write; write()'

specimen: $(RUNTIME) ## Write the committed specimen under reports/specimen again.
	@$(BIN)/audit run example_models/planted/audit.yaml --output reports/specimen

clean: ## Remove everything that make made.
	rm -rf $(VENV) .coverage* .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache dist
	rm -rf reports/diabetes reports/planted
	find src tests example_models benchmarks -name __pycache__ -prune -exec rm -rf {} +

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "expected Python 3.11 or newer, came $$($(PYTHON) --version); set PYTHON=..." >&2; exit 2; }
	@$(PYTHON) -m venv $(VENV)

$(RUNTIME): $(VENV)/bin/python pyproject.toml constraints.txt
	@echo "Installing into $(VENV) ..."
	@$(INSTALL) -e .
	@touch $@

$(TESTING): $(RUNTIME)
	@echo "Installing what the tests need ..."
	@$(INSTALL) -e '.[test]'
	@touch $@
