# `make help` lists what can be asked for. Continuous integration runs exactly these targets.

.DEFAULT_GOAL := help
.PHONY: help run setup setup-tests test test-long lint format types i18n bench check clean clean-data
MAKEFLAGS += --no-print-directory

# The first Python that is new enough; `make PYTHON=… run` names another.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	if $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	echo $$p; break; fi; done)
bootstrap = python="$(PYTHON)"; if [ -z "$$python" ]; then \
	echo "Python 3.11 or newer is needed, and none is found here. On Debian or Ubuntu:" >&2; \
	echo "apt install python3 python3-venv, or name one: make PYTHON=/path/to/python3.11 run" >&2; \
	exit 1; fi; "$$python" local/bootstrap.py $(1)
BIN := .venv/bin
# More for pytest or the bench, as in: make test ARGS="-k ladder"
ARGS ?=
PYTEST = $(BIN)/python -m pytest -n 2

help:  ## this list
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /|/' | \
		while IFS='|' read -r name words; do printf '  make %-12s %s\n' "$$name" "$$words"; done

run: setup  ## everything on this machine: http://127.0.0.1:8000 (PORT=… for another port)
	@exec $(BIN)/python -m local.run

setup:
	@$(call bootstrap,requirements.txt)

setup-tests:
	@$(call bootstrap,tests/requirements.txt)

test: setup-tests  ## all tests, reduced volumes (7 to 9 minutes on 2 cores)
	@$(PYTEST) $(ARGS)

test-long: setup-tests  ## all tests, full volumes (at most 40 minutes)
	@MREJESHO_LONG=1 $(PYTEST) $(ARGS)

lint: setup-tests  ## rules and form of code and templates
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/djlint --lint --quiet feedback/templates

format: setup-tests  ## bring code into form
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

types: setup-tests  ## type annotations
	@$(BIN)/mypy

i18n: setup-tests  ## every string translated, none fuzzy, none forgotten
	@$(BIN)/python -m local.i18n check

check: lint types i18n test  ## what a change must pass before it is sent

bench: setup-tests  ## measure speed, sizes and memory (ARGS=plans: how queries are read; ARGS=ladder: what a sweep costs; ARGS=calibration: how well lateness is foretold); writes docs/performance.md
	@$(BIN)/python -m bench $(ARGS)

clean:  ## remove what was built: environment, caches, compiled translations (data stays)
	@rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
	@find feedback -name '*.mo' -delete

clean-data: setup  ## throw away the local data and its keys; refused while `make run` is on
	@$(BIN)/python -m local.clean
