# Python 3.11 or newer and make are all that is needed. `make run` starts Dateline; `make test` proves it.

HOST ?= 127.0.0.1
PORT ?= 8000
JOBS ?= 2
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input -qq
LOCK_VENV := .venv-lock

# Where nothing compiled is kept, each process compiles some 600 modules anew: that is half of its start.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run env dev test lint types format docs bench lock clean

help: ## Show this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

run: $(VENV)/.runtime ## Start the API with an invented newsroom (HOST=127.0.0.1 PORT=8000)
	@set -eu; \
	export DATELINE_AUTO_MIGRATE=1; \
	$(BIN)/dateline migrate; \
	$(BIN)/dateline demo --if-empty; \
	key="$$($(BIN)/dateline keys create admin --scopes '*' --if-none)"; \
	echo; \
	if [ -n "$$key" ]; then \
		echo "  Your key, shown this once:   $$key"; \
	else \
		echo "  Lost your key? Make another: $(BIN)/dateline keys create NAME --scopes '*'"; \
	fi; \
	echo "  Articles:                    http://$(HOST):$(PORT)/v1/articles"; \
	echo "  Try every call:              http://$(HOST):$(PORT)/docs"; \
	echo; \
	exec $(BIN)/dateline serve --host $(HOST) --port $(PORT)

test: dev ## Run every test, on SQLite and on PostgreSQL (ARGS='-k name', JOBS=2)
	$(BIN)/python -m pytest -n $(JOBS) $(ARGS)

lint: dev ## Check style, imports between folders, scripts and the Dockerfile
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-logo
	$(BIN)/shellcheck .ci/run deploy/*.sh deploy/postgres/*.sh
	$(BIN)/hadolint Dockerfile

types: dev ## Check types
	$(BIN)/mypy

format: dev ## Put code into its one shape
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

docs: dev ## Write the references anew that are made from the code
	$(BIN)/python -m tests.references
	$(BIN)/python -m tests.test_openapi

bench: dev ## Measure it and write docs/benchmarks.md (needs wrk; ARGS='--only hot' measures less and writes nothing)
	$(BIN)/python -m bench.run $(or $(ARGS),--out docs/benchmarks.md)

env: $(VENV)/.runtime ## Make the environment that runs Dateline
dev: $(VENV)/.dev ## Make the environment that tests it

# The environment is made anew when a lock changes, and only then. The project itself is installed so that edits count at once.
$(VENV)/.runtime: requirements-runtime.lock
	@set -eu; \
	python=; \
	for name in $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11 python; do \
		if "$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then python="$$name"; break; fi; \
	done; \
	if [ -z "$$python" ]; then \
		echo "Dateline needs Python 3.11 or newer. Here is: $$(python3 --version 2>&1 || echo 'no python3')." >&2; \
		echo "Install one, or name it: make PYTHON=/path/to/python3.12 …" >&2; \
		exit 1; \
	fi; \
	if ! "$$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then \
		echo "$$("$$python" --version) has no venv module. On Debian and Ubuntu: apt install python3-venv" >&2; \
		exit 1; \
	fi; \
	echo "Making $(VENV) with $$("$$python" --version) …"; \
	"$$python" -m venv --clear $(VENV)
	@$(PIP) install --require-hashes --only-binary :all: -r requirements-runtime.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements.lock $(VENV)/.runtime
	@echo "Adding what tests and checks need …"
	@$(PIP) install --require-hashes --only-binary :all: -r requirements.lock
	@touch $@

lock: ## Write both locks anew from pyproject.toml (ARGS='--upgrade')
	python3 -m venv $(LOCK_VENV)
	$(LOCK_VENV)/bin/python -m pip install --disable-pip-version-check -qq uv
	$(LOCK_VENV)/bin/uv pip compile $(LOCK_OPTIONS) $(ARGS) --group dev pyproject.toml --output-file requirements.lock
	$(LOCK_VENV)/bin/uv pip compile $(LOCK_OPTIONS) $(ARGS) --group build --constraint requirements.lock pyproject.toml --output-file requirements-runtime.lock
	@! grep -nE '://|^--' requirements.lock requirements-runtime.lock || { echo "A lock names an address." >&2; exit 1; }
	rm -rf $(LOCK_VENV)

# For every system and every Python from 3.11 on; without the address of any package index.
LOCK_OPTIONS := --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-emit-find-links

clean: ## Remove what was made here; the database stays
	rm -rf $(VENV) $(LOCK_VENV) build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .schemathesis
	find app migrations tests -name __pycache__ -type d -prune -exec rm -rf {} +
