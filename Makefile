# `make run` imports the sample workbooks, `make test` runs the tests; both make the environment first.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
.PHONY: help install run test lint layers types bench docs lock clean

VENV := .venv
BIN := $(VENV)/bin
# The environment is made again when the lock's content changes, the project's own entry when pyproject.toml does.
LOCKED := $(VENV)/.locked-$(shell cksum < requirements.lock | tr ' ' -)
INSTALLED := $(VENV)/.installed-$(shell cksum < pyproject.toml | tr ' ' -)
PYTHONS := $(PYTHON) python3 python3.11 python3.12 python3.13 python3.14 python
IS_GOOD := import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))
SAMPLE := build/sample
SAMPLE_DATABASE := sqlite:///$(SAMPLE)/rollbook.db
TESTS := tests
ROWS := 1000000
export PREFECT_SERVER_ANALYTICS_ENABLED := false
export DO_NOT_TRACK := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Tests and measurements start hundreds of processes: each would compile all that it imports.
unexport PYTHONDONTWRITEBYTECODE

help:  ## What there is to make
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1\t\2/p' Makefile | expand -t 18

PACKAGES := rollbook sources transforms validators stage ledger destinations reports pipeline flows dashboard cli tests

# Compiled here, as any installer does: where Python may write nothing, each start would compile all that it imports.
install: $(INSTALLED)  ## Make .venv with everything that Rollbook and its tests need
	@$(BIN)/python -m compileall -q $(PACKAGES)

$(LOCKED): requirements.lock
	@python=; for candidate in $(PYTHONS); do \
	    if "$$candidate" -c '$(IS_GOOD)' 2>/dev/null; then python=$$candidate; break; fi; \
	done; \
	if [ -z "$$python" ]; then \
	    echo "Rollbook needs Python 3.11 or later with its venv module (on Debian: apt-get install python3 python3-venv)." >&2; \
	    echo "If it is not on the path, name it: make PYTHON=/path/to/python3 $(or $(MAKECMDGOALS),install)" >&2; \
	    exit 1; \
	fi; \
	echo "Making $(VENV) with $$("$$python" --version)"; \
	"$$python" -m venv --clear $(VENV)
	@$(BIN)/python -m pip install --quiet --no-deps --require-hashes --requirement requirements.lock
	@touch $@

$(INSTALLED): $(LOCKED) pyproject.toml
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@rm -f $(VENV)/.installed-*
	@touch $@

# An import that ends with rejected rows exits with 1; here that is what is to be seen.
run: install  ## Import the sample workbooks of data/ into SQLite and show what happened
	@rm -rf $(SAMPLE) && mkdir -p $(SAMPLE)
	@for kind in learners courses sessions; do \
	    $(BIN)/rollbook reference load $$kind data/reference/$$kind.csv --database $(SAMPLE_DATABASE) --quiet; \
	done
	@$(BIN)/rollbook import data/history --profile data/profiles --database $(SAMPLE_DATABASE) --out $(SAMPLE) \
	    || [ $$? -eq 1 ]
	@$(BIN)/rollbook failures last --database $(SAMPLE_DATABASE)
	@$(BIN)/rollbook runs --database $(SAMPLE_DATABASE)

test: install  ## Run the tests (TESTS=tests/sources for some of them)
	@$(BIN)/python -m pytest --numprocesses 4 -q $(TESTS)

lint: install  ## Check style and import layers
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/lint-imports --no-logo

layers: install
	@$(BIN)/lint-imports --no-logo

types: install  ## Check the types
	@$(BIN)/mypy

bench: install  ## Measure, and write docs/performance.md (ROWS=50000 for a quick look that writes nothing there)
	@$(BIN)/python -m tests.bench --rows $(ROWS)

docs: install  ## Write the pages that are generated: docs/rules.md and docs/headers-and-words.md
	@$(BIN)/python -m validators.rules > docs/rules.md
	@$(BIN)/python -m transforms.known_words > docs/headers-and-words.md

lock:  ## Resolve requirements.lock anew (needs uv)
	@uv --no-config pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes \
	    --no-emit-index-url --no-emit-find-links --no-annotate --no-header --quiet --output-file requirements.lock
	@sed -i '1i # Every package of Rollbook and of its tests, with the hashes of its files. `make lock` writes this file.' \
	    requirements.lock

clean:  ## Remove what was built or cached, but for the environment
	@rm -rf build rollbook-out .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +
