# Bare `make` prints the targets. Each sets up what it needs: `.venv` from the hashed lock file, this checkout installed in it.
# Another Python: make test PYTHON=python3.12

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
READY := .venv/.ready
PIP := $(PYTHON) -m pip --python $(BIN)/python --disable-pip-version-check --quiet --quiet

.PHONY: help demo run test lint sbom audit bench bench-fairness test-slow journeys faults compose drill system-packages format messages tables lock

##@ Use it

help:  ## this list
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(READY)  ## live the year 2026 of an invented town on three services, then say what came of it (under 4 minutes)
	@$(BIN)/xingqi demo

run: $(READY)  ## the three services in the foreground on 8001, 8002, 8003; data under var/
	@$(BIN)/xingqi run

##@ Check it

test: $(READY)  ## all tests, by three workers on two cores: who starts a process waits for it
	@$(BIN)/pytest -n 3 --dist loadscope --no-loadscope-reorder -m "not slow"

lint: $(READY)  ## ruff, mypy, the imports between the rooms, the English catalogue
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/python -m tests.house.catalogue

bench: $(READY)  ## the speed of the main ways, each figure beside its reference, as a ratio
	@$(BIN)/python -m benchmarks

bench-fairness: $(READY)  ## the fairness examination of a county of 30,000 members: time and memory, beside lme4 where R is and a numpy workload
	@$(BIN)/python -m benchmarks.fairness

test-slow: $(READY)  ## the tests that make test leaves out because they take long: backups by pg_dump, bad days, the demonstration's town searched for names
	@$(BIN)/pytest -p no:xdist -m slow
	@$(MAKE) journeys

journeys: $(READY)  ## every journey once more, on PostgreSQL and by two workers a service
	@$(BIN)/pytest -p no:xdist --cells postgresql-2 tests/journeys

faults: $(READY)  ## 300 rounds of SIGKILL on each database, against the book of a client (an hour or more)
	@$(BIN)/python -m tests.faults.killing --rounds 300 --database sqlite
	@$(BIN)/python -m tests.faults.killing --rounds 300 --database postgresql
	@$(BIN)/pytest -q -p no:xdist -m "slow" tests/faults
	@RACES=1000 $(BIN)/pytest -q -p no:xdist -k again_and_again tests/journeys/test_at_once.py

compose: $(READY)  ## as root on Debian: docker-compose.yml really built, run, killed and healed, on an engine that this starts and removes again
	@tests/compose/with-docker.sh $(BIN)/python -m tests.compose.check

drill: $(READY)  ## as root on Debian: two database nodes under Patroni, each lost in several ways under load, the client's book compared
	@apt-get update -qq && apt-get install -y -qq --no-install-recommends patroni etcd-server postgresql-15 iptables iproute2 >/dev/null
	@$(BIN)/python -m tests.faults.drill

system-packages:  ## on Debian: what some tests need beside Python (Go and its packages for transparency logs, a browser and Chinese fonts, a clock that can be set wrong); without it they are skipped, and say so
	@apt-get update -qq && apt-get install -y -qq --no-install-recommends golang-go golang-golang-x-mod-dev chromium fonts-noto-cjk faketime >/dev/null

sbom: $(READY)  ## what is inside: build/sbom.cdx.json (CycloneDX), from the lock
	@mkdir -p build
	@$(BIN)/python -W ignore -m cyclonedx_py requirements requirements.lock --pyproject pyproject.toml --mc-type application \
	  --output-reproducible -o build/sbom.cdx.json
	@echo "build/sbom.cdx.json"

audit: $(READY)  ## the lock against known vulnerabilities, where a source of them can be reached
	@$(BIN)/python -m tests.house.audit

##@ Work on it

format: $(READY)  ## write all Python as ruff writes it
	@$(BIN)/ruff check --select I --fix --quiet .
	@$(BIN)/ruff format .

messages: $(READY)  ## add texts that lack English to the catalogue, with nothing beside them yet
	@$(BIN)/python -m tests.house.catalogue --add

tables: $(READY)  ## write the tables of docs/ (errors, settings, events) anew from the code
	@$(BIN)/python -m tests.house.tables --write

lock: $(READY)  ## write requirements.lock anew from pyproject.toml
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --extra dev --generate-hashes --no-header --no-annotate \
	  pyproject.toml -o requirements.lock

# pip from outside installs into .venv, because a bare Debian has no ensurepip to put one inside.
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Xingqi needs Python 3.11 or later; name one: make PYTHON=python3.11")'
	@echo "Setting up .venv (once; about half a minute)"
	@test -x $(BIN)/python || $(PYTHON) -m venv --without-pip .venv
	@$(PIP) install --require-hashes --no-deps -r requirements.lock
	@$(PIP) install --no-build-isolation --no-deps --editable .
	@touch $@
