# Everything a person does with Insiders from a shell. Needs python3 (3.11 or newer) and make, nothing else.
# PORT and INSIDERS_HOME come from the environment or from the command line: make run PORT=9000
PYTHON ?= python3
FILE ?=

BIN := .venv/bin
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --only-binary :all: \
	--no-header --no-emit-index-url --no-emit-find-links
CHECKS := $(BIN)/python scripts/test.py

.PHONY: help setup install install-dev install-spark run test test-long coverage lint types imports lock clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1: /p' Makefile

install:
	@$(PYTHON) scripts/setup.py

install-dev:
	@$(PYTHON) scripts/setup.py --dev

install-spark: ## pyspark as well, for ANALYTICS_ENGINE=spark and its tests (460 MB; needs Java 17 or newer)
	@$(PYTHON) scripts/setup.py --spark

setup: install ## virtual environment, pinned packages, database
	@$(BIN)/python manage.py migrate --noinput --verbosity 0
	@echo "Insiders is set up. Start it with: make run"

run: install ## broker, worker, scheduler and web; PORT=8000 INSIDERS_HOME=var FILE=path
	@exec $(BIN)/python -m config.supervise --file "$(FILE)"

test: install-dev ## lint, types and every test on SQLite and on PostgreSQL, side by side
	@$(CHECKS)

test-long: install-dev ## what takes longer than make test may
	@$(CHECKS) --long

coverage: install-dev ## every test on SQLite, a third slower, and which lines and branches it ran
	@$(CHECKS) --coverage

lint: install-dev ## ruff: style and formatting
	@$(CHECKS) --only lint

imports: install-dev ## who may import whom
	@$(CHECKS) --only imports

types: install-dev ## mypy, strict
	@$(CHECKS) --only types

lock: ## write the hash-locked requirements anew from the .in files (needs uv in .venv)
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(LOCK) requirements.in -o requirements.txt
	$(LOCK) requirements-dev.in -o requirements-dev.txt
	$(LOCK) --no-binary pyspark requirements-spark.in -o requirements-spark.txt
	@! grep -nE '://' requirements.txt requirements-dev.txt requirements-spark.txt

clean: ## caches and the virtual environment; never the data under INSIDERS_HOME
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis htmlcov .coverage .coverage.*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
