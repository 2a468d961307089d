# Sluice: what one can do here. `make` alone lists the targets.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
# uv is taken from the environment's own pip, so nothing but Python and pip is needed.
UV := $(BIN)/uv
SLUICE_HOME ?= .sluice
export SLUICE_HOME
export DO_NOT_TRACK := 1
# Compiling what a run imports takes longer than the run's own work; kept bytecode is compiled once.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup demo test soak bi unit check render dev bench lock clean

help: ## List the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Sluice needs Python 3.11 or newer: make PYTHON=/path/to/python3.11"; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check "uv>=0.8"

$(VENV)/.installed: requirements.lock pyproject.toml | $(UV)
	$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@

setup: $(VENV)/.installed ## Install everything into .venv, from requirements.lock

demo: setup ## Run the pipeline on the sample feeds and show what it published
	$(BIN)/sluice run --feeds sample
	$(BIN)/sluice show 2026-02-05

test: setup ## All the tests: unit, integration, pipeline
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --durations 12

soak: setup ## Kills, readers, thirty days of live feeds and half an hour of recording, in full length
	SLUICE_SOAK=1 $(BIN)/python -m pytest tests/pipeline/test_kill.py tests/pipeline/test_readers.py \
	  tests/pipeline/test_readers_soak.py tests/pipeline/test_live_equals_files.py tests/pipeline/test_recorder_soak.py

bi: setup ## Superset on a release, its dashboard opened in Chromium and compared with SQL (installs 0.7 GB once)
	SLUICE_BI=1 SLUICE_BI_FOLDER=.sluice-superset-test $(BIN)/python -m pytest tests/pipeline/test_superset.py

unit: setup ## Unit tests only: no network, no dbt, about a minute on two cores
	# Frames of a few rows: threads only wait for each other.
	@POLARS_MAX_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile tests/unit tests/conventions

check: setup ## Lint, types, and that everything rendered from schemas is up to date
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m schemas.render --check

render: setup ## Write what is rendered: dbt YAML, seeds, data dictionary, pages of keys and feeds
	$(BIN)/python -m schemas.render
	$(BIN)/python -m orchestration.resources.pages docs

dev: setup ## Open the asset graph in Dagster, on 127.0.0.1:3000
	$(BIN)/sluice dev

bench: setup ## Compare speeds with named peers
	$(BIN)/python -m benchmarks

lock: $(UV) ## Pin every package again, with hashes
	$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --extra dev \
	  --no-emit-index-url --no-emit-find-links --no-header --no-annotate pyproject.toml -o requirements.lock
	$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-emit-find-links --no-header --no-annotate \
	  deploy/superset/requirements.in -o deploy/superset/requirements.txt

clean: ## Remove the environment; data directories are left alone
	rm -rf $(VENV)
