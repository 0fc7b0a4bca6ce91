# Everything a person or a machine does here is one of these lines; each first sees to the set-up.
# ARGS is handed on: make test ARGS="-k config -x"

CONFIG ?= configs/taxi.yaml
ARGS ?=
BIN := .venv/bin
# The first Python that really runs; a pyenv shim may stand for one that does not.
PYTHON ?= $(shell for python in python3 python python3.13 python3.12 python3.11 python3.10; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 8))' >/dev/null 2>&1 && echo $$python && break; done)

# Without bytecode every import of TFX takes a minute.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup lock test test-quick test-all test-current test-cluster test-kubernetes coverage lint run-local compile submit schedule image bench bench-scale quality month screenshot reference audit container clean

help: ## show this table
	@sed -nE 's/^([a-z-]+):.*## (.*)/\1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "  make %-15s %s\n", $$1, $$2 }'

setup: ## install the newest stack that this machine can load into .venv; does nothing when that is done
	@$(or $(PYTHON),$(error No Python 3.8 or newer on PATH: apt-get install python3-venv python3-dev g++)) requirements/install.py

run-local: setup ## run a pipeline here: make run-local CONFIG=configs/taxi.yaml
	@$(BIN)/millrace run $(CONFIG) $(ARGS)

compile: setup ## write a pipeline for a cluster: make compile CONFIG=configs/taxi.yaml ARGS="-o taxi.kubeflow.yaml"
	@$(BIN)/millrace compile $(CONFIG) $(ARGS)

submit: setup ## run a pipeline on Kubeflow: make submit CONFIG=configs/taxi.yaml ARGS="--host URL --wait"
	@$(BIN)/millrace submit $(CONFIG) $(ARGS)

schedule: setup ## let a pipeline run by itself on Kubeflow, as its config says: ARGS="--host URL"
	@$(BIN)/millrace schedule apply $(CONFIG) $(ARGS)

test: setup ## run the tests that a change must pass; ten minutes on two cores
	@$(PYTEST) -m "not full and not cluster and not kubernetes" $(ARGS)

test-quick: setup ## run the tests that take seconds; a minute
	@$(PYTEST) -m "not slow and not full and not cluster and not kubernetes" $(ARGS)

test-all: setup ## run every test: the grids, every YAML to its reference, the stand-ins of a cluster; hours
	@$(PYTEST) -m "not cluster and not kubernetes" $(ARGS)
	@$(MAKE) test-cluster
	@$(MAKE) test-kubernetes

coverage: setup ## run the tests of `make test` and say which lines they run, in processes that they start as well
	@rm -f .coverage*
	@$(BIN)/coverage run -m $(PYTEST:$(BIN)/%=%) -m "not full and not cluster and not kubernetes" $(ARGS)
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report

test-current: setup ## run the tests on the current stack, in a container where this machine has the other; TIER=quick
	@tests/cluster/current.sh test$(TIER:%=-%)

# Whose containers are tried, too; none where it is empty.
ENGINE = beam
test-cluster: setup ## run what stands in for a cluster: containers of the real image, a store, a Beam engine
	@tests/cluster/image.sh
	@$(if $(ENGINE),tests/cluster/image.sh $(ENGINE) || echo "So no engine's containers are tried: their image needs Go's module proxy.",:)
	@$(PYTEST) -m cluster tests/cluster tests/pipelines/execution/test_container_entrypoint.py tests/integration/test_beam.py $(ARGS)

test-kubernetes: setup ## run deploy/ and the steps' pods on a real Kubernetes, which Go builds: ten minutes once
	@tests/kubernetes/build.sh
	@tests/cluster/image.sh
	@$(BIN)/pytest --numprocesses 0 -m kubernetes tests/kubernetes $(ARGS)

# A process for each core, but no more than memory bears: each loads TensorFlow. What a process runs at a time is a
# file, as tests/tiers.py has it.
PYTEST = $(BIN)/pytest --numprocesses logical --maxprocesses 4 --dist loadscope

container: ## run ARGS, or a shell, in a container, for machines that fit neither stack: ARGS="make run-local"
	@.devcontainer/run $(ARGS)

image: setup ## build the container images of a pipeline: make image CONFIG=configs/taxi.yaml
	@$(BIN)/millrace image $(CONFIG) $(ARGS)

bench: setup ## measure this project beside TFX's own example; writes docs/performance.md; an hour
	@$(BIN)/python -m bench $(ARGS)

bench-scale: setup ## measure runs over 1,000,000 rows on one machine and by an engine; ARGS="--rows 1000000,10000000"; an hour
	@$(BIN)/python -m bench.scale $(ARGS)

quality: setup ## measure what init's models are worth beside scikit-learn's; writes docs/quality.md; half an hour
	@$(BIN)/python -m bench.quality $(ARGS)

month: setup ## live through a month of continuous training on a clock that is set; writes docs/a-month.md; a quarter of an hour
	@$(BIN)/python -m tests.month

screenshot: setup ## draw the newest run of CONFIG and its page, as README and docs/report.md show them
	@$(BIN)/python -m pipelines.reporting.screenshot $(CONFIG) docs/images/run.svg
	@$(BIN)/python -m tests.browser $(CONFIG) docs/images

reference: setup ## write docs/reference.md and configs/millrace.schema.json from configs/schema
	@$(BIN)/millrace config schema > configs/millrace.schema.json
	@$(BIN)/python -m configs.reference.page > docs/reference.md

lint: setup ## check style, format and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

lock: setup ## resolve requirements/*.in into the exact locks; ARGS=--upgrade for newer versions
	@$(LOCK) $(CURRENT) requirements/current.in -o requirements/current.txt $(ARGS)
	@$(LOCK) $(CURRENT) requirements/gpu.in -c requirements/current.txt -o requirements/gpu.txt $(ARGS)
	@$(LOCK) $(CURRENT) requirements/dev.in -c requirements/current.txt -o requirements/current-dev.txt $(ARGS)
	@$(LOCK) $(LEGACY) requirements/legacy.in -o requirements/legacy.txt $(ARGS)
	@$(LOCK) $(LEGACY) requirements/dev.in -c requirements/legacy.txt -o requirements/legacy-dev.txt $(ARGS)
	@for release in 2.14 2.15 2.16 2.17; do \
		$(LOCK) $(PROTOS) requirements/kubeflow/$$release.in -o requirements/kubeflow/$$release.txt || exit; done
CURRENT = --universal --python-version 3.11
LEGACY = --python-version 3.10 --python-platform x86_64-manylinux_2_17 --overrides requirements/legacy-overrides.txt
PROTOS = --no-deps --universal --python-version 3.10
LOCK = $(BIN)/uv pip compile --quiet --python $(BIN)/python --generate-hashes --custom-compile-command "make lock" \
	--excludes requirements/excludes.txt

audit: setup ## ask what is known against the locked packages; ARGS="--database FOLDER" where no service answers
	@$(BIN)/python requirements/audit.py $(ARGS)

clean: ## remove caches and build leftovers; .venv and workspace stay
	@rm -rf build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache
	@find . -path ./.venv -prune -o -name __pycache__ -type d -exec rm -rf {} +
