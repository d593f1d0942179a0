# Two commands: `make run` and `make test`. They need Python 3.11 or newer with pip, a C compiler (gcc), and nothing else.
.DEFAULT_GOAL := help
.PHONY: help env dev run test check demo bench mutants fuzz docs lock build clean
MAKEFLAGS += --no-print-directory

PYTHON ?= $(shell for p in python3 python3.11 python3.12 python3.13 python3.14 python; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$p"; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
# Modules that are compiled when the package is installed.
COMPILED := $(shell find guard -name "*.pyx" -o -name "*.pxd")
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check

help: ## This list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1\t\2/p' Makefile

env: $(VENV)/.env ## Create the environment only (.venv/bin/guard)
dev: $(VENV)/.dev ## The environment with the tools of development

run: env ## Start the gateway on 127.0.0.1:8080 (GUARD_PORT), data under ./var
	@exec $(BIN)/guard serve

# Modules are spread over as many processes as there are cores; `make test SPREAD=` runs one after the other.
SPREAD := --numprocesses logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder

test: dev ## All tests
	@exec $(BIN)/python -P -m pytest $(SPREAD)

check: dev ## Style, types, layers, dependencies
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .

demo: env ## The whole story in under a minute; fails if any step is wrong
	@exec $(BIN)/guard demo

bench: env ## What the guard costs on this machine
	@exec $(BIN)/guard bench

lock: dev ## Renew the locks: hashes, and no address of any package index
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		--no-annotate pyproject.toml --group build --output-file requirements.lock
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		--no-annotate pyproject.toml --group build --group dev --all-extras --constraint requirements.lock --output-file requirements-dev.lock

mutants: dev ## Mutation tests of the rooms that decide (half an hour)
	@exec $(BIN)/python -P tests/mutants.py

fuzz: dev ## Mutated pictures and prompts under Atheris, FUZZ_S seconds each (60)
	@mkdir -p var/fuzz; for harness in tests/fuzz/*.py; do \
		$(BIN)/python -P $$harness var/fuzz/$$(basename $$harness .py) -max_total_time=$(or $(FUZZ_S),60) \
			-timeout=20 -artifact_prefix=var/fuzz/ || exit 1; done

docs: env ## Write the reference pages that follow from the code
	@$(BIN)/python -P docs/generate.py

build: dev ## Wheel and source distribution into dist/
	$(BIN)/python -m hatchling build

clean: ## Remove the environment and everything built; ./var stays
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find guard -name "*.so" -delete

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; name it with PYTHON=..." >&2; exit 1; }
	@echo "creating $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV)

# The build back end comes from the lock as well, so that nothing is resolved at install time.
$(VENV)/.env: $(VENV)/bin/python requirements.lock pyproject.toml hatch_build.py $(COMPILED)
	@echo "installing what the guard needs, and compiling it (a minute or two)"
	@$(INSTALL) --require-hashes --requirement requirements.lock
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.env requirements-dev.lock
	@echo "installing the tools of development"
	@$(INSTALL) --require-hashes --requirement requirements-dev.lock
	@touch $@
