# Sikte's targets; `make` or `make help` lists them. Nothing but Python 3.11 or newer and make must be there.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# The first Python that answers and is new enough (a version manager's stand-in may exist and yet refuse).
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do \
	$$p -c 'import sys; raise SystemExit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
PYTHON_313 ?= $(shell for p in python3.13 $(HOME)/.pyenv/versions/3.13.*/bin/python; do \
	$$p -c 'import sys; raise SystemExit(sys.version_info[:2] != (3, 13))' 2>/dev/null && echo $$p && break; done)
UV_VERSION := 0.13.9
JOBS ?= 2

VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip --disable-pip-version-check --quiet
# An installation is named after what it was made from, so a change of either file makes a new one.
fingerprint = $(shell cat $(1) pyproject.toml 2>/dev/null | sha256sum | cut -c1-16)
RUN := $(VENV)/.installed-run-$(call fingerprint,requirements/run.txt)
TEST := $(VENV)/.installed-test-$(call fingerprint,requirements/test.txt)

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## /\1\t/' | expand -t 16

.PHONY: demo
demo: $(RUN) ## build the demonstration municipality in SIKTE_HOME and serve it (SERVE=no: build only)
	$(BIN)/sikte demo
	@if [ "$(SERVE)" != no ]; then exec $(BIN)/sikte serve; fi

.PHONY: install
install: $(TEST) ## make .venv with everything a developer needs, from the hashed requirements

.PHONY: system
system: ## install the Debian packages the tests want, or say how
	@deploy/system/install-packages

.PHONY: test
test: install system lint types contracts ## everything continuous integration runs
	$(BIN)/pytest -n $(JOBS)

.PHONY: check
check: install lint types contracts ## what to run before a commit: lint, types, contracts, unit and integration tests
	$(BIN)/pytest -n $(JOBS) tests/unit tests/property tests/architecture tests/contract tests/integration

.PHONY: unit
unit: $(TEST) ## the pure tests alone
	$(BIN)/pytest -n $(JOBS) tests/unit tests/property

.PHONY: lint
lint: $(TEST) ## style of code and templates
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/djlint --check --quiet --lint admin_portal shared survey_service

.PHONY: format
format: $(TEST) ## mend what can be mended by machine
	$(BIN)/ruff check --fix
	$(BIN)/ruff format
	-$(BIN)/djlint --reformat --quiet admin_portal shared survey_service

.PHONY: types
types: $(TEST) ## types, strictly
	$(BIN)/mypy

.PHONY: contracts
contracts: $(TEST) ## who may import whom
	$(BIN)/lint-imports --no-logo

.PHONY: messages
messages: $(TEST) ## gather the messages of the sources into the catalogues; says what lacks a translation
	$(BIN)/python -m shared.i18n.messages

.PHONY: test-313
test-313: system ## the whole suite on Python 3.13
	@test -n "$(PYTHON_313)" || { echo "No Python 3.13 was found; name one: make test-313 PYTHON_313=/path/to/python"; exit 1; }
	$(MAKE) VENV=.venv-313 PYTHON=$(PYTHON_313) install
	.venv-313/bin/pytest -n $(JOBS)

.PHONY: dictionary
dictionary: $(TEST) ## write docs/data-dictionary.md from the code
	$(BIN)/python -m deploy.dictionary

DATABASE ?= postgresql
BALLOTS ?= 200000

.PHONY: bench-casting bench-lesson bench-pages bench-counting bench-idle bench-portal bench-booking bench-publish faults
bench-casting: install system ## submits per second through real HTTP for 60 s (PostgreSQL)
	$(BIN)/python -m tests.benchmarks.casting --seconds 60
bench-lesson: install system ## how long a class of thirty waits when all press Send at once
	$(BIN)/python -m tests.benchmarks.lesson
bench-pages: install system ## milliseconds and bytes of a page, at the server
	$(BIN)/python -m tests.benchmarks.pages
bench-counting: install system ## ballots per second from urn to tallies, and peak memory
	$(BIN)/python -m tests.benchmarks.counting --database $(DATABASE) --ballots $(BALLOTS)
bench-idle: install system ## memory of idle processes
	$(BIN)/python -m tests.benchmarks.idle
bench-portal: install system ## milliseconds at the server of every page of the portal, 60 and 5 000 units
	$(BIN)/python -m tests.benchmarks.portal
bench-booking: install system ## fifty people press the last ten times at once, over HTTP
	$(BIN)/python -m tests.benchmarks.booking
bench-publish: install system ## seconds from the order to publish to a stranger's first page
	$(BIN)/python -m tests.benchmarks.publishing
faults: install system ## the long fault run: kills of every process while answers come in
	$(BIN)/python -m tests.benchmarks.faults

.PHONY: pictures
pictures: install system ## take the README's four pictures anew (builds the tour and the demonstration)
	$(BIN)/python -m tests.support.pictures

.PHONY: lock
lock: ## resolve the dependencies again (LOCK=--upgrade: to the newest allowed) and write requirements/
	@test -x .venv-lock/bin/uv || { $(PYTHON) -m venv .venv-lock && .venv-lock/bin/pip install --quiet uv==$(UV_VERSION); }
	@mkdir -p requirements
	$(call compile,run,--extra production --extra analytics --group build)
	$(call compile,test,--all-extras --group build --constraint requirements/run.txt)

# No header, index or annotation: the files name neither an address nor a machine.
compile = .venv-lock/bin/uv pip compile pyproject.toml $(2) $(LOCK) --universal --python-version 3.11 \
	--generate-hashes --no-header --no-annotate --no-emit-index-url --quiet --output-file requirements/$(1).txt

.PHONY: clean
clean: ## remove installations and caches (never SIKTE_HOME)
	rm -rf .venv .venv-313 .venv-lock .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis dist

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer was not found; name one: make PYTHON=/path/to/python"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "This Python lacks venv; on Debian: sudo apt-get install python3-venv"; exit 1; }

$(RUN): | $(BIN)/python
	$(PIP) install --require-hashes --requirement requirements/run.txt
	$(PIP) install --no-deps --no-build-isolation --editable .
	@rm -f $(VENV)/.installed-run-* && touch $@

$(TEST): | $(BIN)/python
	$(PIP) install --require-hashes --requirement requirements/test.txt
	$(PIP) install --no-deps --no-build-isolation --editable .
	@rm -f $(VENV)/.installed-* && touch $@ $(RUN)
