# Everything a person or a machine does with the project, one recipe each; `make` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules
# Without kept bytecode every process that a recipe starts compiles its thousand modules anew, a second each time.
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?= $(shell python3.11 -c '' 2>/dev/null && echo python3.11 || echo python3)
UV := $(shell uv --version >/dev/null 2>&1 && echo uv)
BIN := .venv/bin
# The lists come from one resolution and are complete: nothing that is installed has to look for what it needs.
INSTALL := $(if $(UV),uv pip install --quiet --python $(BIN)/python,$(BIN)/python -m pip install --quiet --no-compile) --no-deps
RESOLVE := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header
LOCK := $(RESOLVE) pyproject.toml --group build

.PHONY: help setup demo test check bench bench-ingest bench-kafka quality chaos fuzz lock clean

help: ## list the recipes
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' Makefile

# Both lists at once: pip unpacks with one processor.
setup: ## make .venv with everything development needs
	@$(MAKE) --no-print-directory --jobs 2 .venv/base.stamp .venv/dev.stamp

demo: .venv/base.stamp ## run an invented company through the log, then serve its console
	$(BIN)/millrace demo

test: setup check ## check, then run every test
	@$(BIN)/python -c 'import sys; sys.version_info < (3, 12) or print("Python %d.%d: there is no Flink for it; everything else is tested." % sys.version_info[:2])'
	$(BIN)/pytest

check: setup ## lint, format, types and layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

bench: setup ## measure speed and memory; writes build/bench.json
	$(BIN)/python -m infra.bench

bench-ingest: setup ## measure the HTTP door under load; writes build/bench-ingest.json
	$(BIN)/python -m infra.bench.ingest

bench-kafka: setup ## measure speed on Kafka, beside plain Faust and Flink; writes build/bench-kafka.json
	$(BIN)/python -m infra.bench_kafka

quality: setup ## measure how well the models predict; writes build/quality.json and .html
	$(BIN)/python -m infra.quality

chaos: setup ## random kills, here and on Kafka: nothing lost, nothing doubled (MILLRACE_SEED, MILLRACE_CAMPAIGN)
	$(BIN)/pytest -m chaos --timeout 0

# There are fifteen trials: each gets four seconds of a minute.
fuzz: MINUTES := 10
fuzz: SEED := $(shell date +%s)
fuzz: setup ## what nobody thought of, into every parser and route (MINUTES=10; SEED= of a run that failed)
	@echo "seed $(SEED), $(MINUTES) minutes"
	MILLRACE_FUZZ_SEED=$(SEED) MILLRACE_FUZZ_SECONDS=$$(($(MINUTES) * 4)) $(BIN)/pytest -n0 -m fuzz --timeout 0 tests/fuzz

lock: ## resolve the requirement files anew, all from one resolution (needs uv; UPGRADE=--upgrade takes newer versions)
	$(LOCK) $(UPGRADE) --all-extras --constraints requirements/held.in --output-file requirements/all.txt
	$(LOCK) --constraints requirements/held.in --constraints requirements/all.txt --output-file requirements/base.txt
	$(LOCK) --extra dev --extra kafka --extra flink --constraints requirements/held.in --constraints requirements/all.txt \
		$$(sed -nE 's/^([a-z0-9.-]+)(\[.*\])?==.*/--no-emit-package \1/p' requirements/base.txt) --output-file requirements/dev.txt
	echo pip | $(RESOLVE) $(UPGRADE) --output-file requirements/pip.txt -

clean: ## remove what was made here: .venv, build, caches
	rm -rf .venv build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The pip that Python 3.11 brings looks at each file of each version so long that half of an installation is that.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; (3, 11) <= sys.version_info < (3, 14) or sys.exit("Millrace needs Python 3.11 to 3.13, and %s is %d.%d: name another with make PYTHON=..." % (sys.executable, *sys.version_info[:2]))'
	$(if $(UV),uv venv --quiet --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')" .venv,$(PYTHON) -m venv .venv)
	$(if $(UV),,$(INSTALL) --require-hashes -r requirements/pip.txt)

# The project is built with what the list pins. Modules are compiled as they are first used: most never are, and compiling
# all of them takes half a minute. The learners' loops become machine code the first time one is called, which is better
# done now.
.venv/base.stamp: requirements/base.txt pyproject.toml | $(BIN)/python
	$(INSTALL) --require-hashes -r $<
	PYTHONWARNINGS=ignore $(INSTALL) --no-build-isolation -e .
	@$(BIN)/python -c 'import processors.catalog; from processors.learners.compiled import compile_all; compile_all()'
	@touch $@

.venv/dev.stamp: requirements/dev.txt | $(BIN)/python
	$(INSTALL) --require-hashes -r $<
	@touch $@
