# `make` lists what there is. Everything runs in .venv, which sets itself up for PYTHON and again when the pinned requirements change.

PYTHON ?= python3
PORT ?= 4566
FN ?=
CASE ?=

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help demo local stop screenshots chromium test unit e2e coverage test-odoo lint fmt fuzz simulated-year crashes concurrency attacks least-privilege audit bench bench-count bench-stack bench-start bench-decision cost scale invoke build layer-size requirements pr clean

BIN := .venv/bin
# Changes with the interpreter and with the requirements, and so makes a new environment.
STAMP := .venv/.ready-$(shell $(PYTHON) -c 'import hashlib, pathlib, sys; print(hashlib.sha256(sys.version.encode() + sys.executable.encode() + pathlib.Path("requirements/dev.txt").read_bytes()).hexdigest()[:16])')
# What only the benchmark needs is added to the environment.
BENCH_STAMP := $(STAMP)-bench-$(firstword $(shell cksum requirements/bench.txt))
# Tools that do not agree with the others have an environment of their own.
AUDIT := .local/audit/venv
AUDIT_STAMP := $(AUDIT)/.ready-$(firstword $(shell cksum requirements/audit.txt))
export PATH := $(CURDIR)/$(BIN):$(PATH)
export SAM_CLI_TELEMETRY := 0

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

demo: SOURCE ?= spreadsheet
demo: $(STAMP) ## a Saturday count from shelf to books, on an emulated AWS; says whether every figure is right; SOURCE=odoo books into a running Odoo 19
	@$(BIN)/python -m local demo --source $(SOURCE)

local: $(STAMP) ## the same stack, left running with a demo shop: prints the URLs and shows the mails it sends
	@$(BIN)/python -m local up --port $(PORT)

stop: $(STAMP) ## end what `make local` left running
	@$(BIN)/python -m local stop

screenshots: chromium ## pictures of every page and mail, taken from the emulated stack, for docs/screenshots
	@$(BIN)/python -m local screenshots

test: lint unit e2e ## lint, then every test

unit: $(STAMP) ## all tests but the end-to-end ones
	$(BIN)/python -m pytest -q -n auto -m "not e2e and not odoo"

e2e: chromium ## the end-to-end tests, on an emulator of their own, some of them in a real browser
	$(BIN)/python -m pytest -q -m e2e

coverage: $(STAMP) ## the branches that the unit, adapter and handler tests take, with the lines they miss
	@$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -q -n auto tests/unit tests/adapters tests/handlers
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report

test-odoo: $(STAMP) ## the Odoo connector against a running Odoo 19 (STKR_ODOO_URL), recorded anew for the other tests
	$(BIN)/python -m pytest -q -m odoo tests/odoo

lint: $(STAMP) ## ruff, mypy, cfn-lint, sam validate
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/cfn-lint template.yaml
	$(BIN)/sam validate --lint

fmt: $(STAMP) ## format the code and mend what ruff can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

fuzz: ROWS ?= 1000000
fuzz: SEED ?= 1
fuzz: $(STAMP) ## damage realistic files until ROWS rows were read, and hold capture to its laws
	@$(BIN)/python -m tests.fuzz $(ROWS) $(SEED)

simulated-year: SEED ?= 3
simulated-year: $(STAMP) ## simulate another year of a shop, with SEED (or several: SEED="3 4 5"); a broken promise shows the days before it
	STKR_SIMULATED_YEAR_SEEDS="$(SEED)" $(BIN)/python -m pytest -q --show-capture=no --tb=short tests/simulated_year/test_year.py

crashes: HISTORIES ?= 10000
crashes: SEED ?= 1
crashes: $(STAMP) ## so many HISTORIES of a shop in which calls fail and functions die anywhere; rewrites docs/proof/crashes.md
	@$(BIN)/python -m tests.crashes $(HISTORIES) $(SEED)

concurrency: SEED ?= 1
concurrency: $(STAMP) ## people, counters and sync at once on an emulated stack; rewrites docs/proof/concurrency.md
	@$(BIN)/python -m tests.concurrency $(SEED)

bench: bench-count bench-stack bench-start bench-decision ## every measurement of speed, one after the other

bench-count: $(BENCH_STAMP) ## time capture and variance against pandas and polars; rewrites docs/proof/count-speed.md
	@$(BIN)/python -m bench.count

bench-stack: $(BENCH_STAMP) ## time a count of 20,000 lines on an emulated AWS, from upload to mails, beside a running Odoo 19 (STKR_ODOO_URL); rewrites docs/proof/stack-speed.md
	@$(BIN)/python -m bench.stack

bench-start: build ## time the start of every function against a bare client, and weigh the layer; rewrites docs/proof/start.md
	@$(BIN)/python -m bench.start

bench-decision: $(STAMP) ## count the calls of a decision and time it; rewrites docs/proof/decision.md
	@$(BIN)/python -m bench.decision

cost: $(STAMP) ## what a month costs at 2,000, 20,000 and 200,000 counted lines; rewrites docs/proof/cost.md
	@$(BIN)/python -m bench.cost

scale: $(STAMP) ## measure one count and simulate the night of a chain of 1,000 shops; rewrites docs/proof/scale.md
	@$(BIN)/python -m bench.scale

least-privilege: $(BENCH_STAMP) ## simulate every function's policy on what it does and must not do; rewrites docs/proof/least-privilege.md
	@$(BIN)/python -m tests.least_privilege

audit: $(BENCH_STAMP) $(AUDIT_STAMP) ## cfn-lint, checkov and parliament on template and policies, advisories on packages, the list of what is deployed; rewrites docs/proof/audit.md
	@$(BIN)/python -m tests.audit

attacks: $(STAMP) ## try every way in that a stranger has, with every altered link; rewrites docs/proof/attacks.md
	STKR_ATTACKS=all $(BIN)/python -m pytest -q --show-capture=no --tb=short tests/attacks

invoke: $(STAMP) ## replay events/FN/CASE.json in one function: make invoke FN=capture CASE=scan
	@$(BIN)/python -m local invoke "$(FN)" "$(CASE)" --port $(PORT)

build: $(STAMP) ## the artefacts for AWS (Python 3.14, arm64); needs neither Python 3.14 nor a container
	$(BIN)/sam build

layer-size: build ## the layer's size; fails from 250 MB on, where Lambda refuses it
	@$(BIN)/python -m local layer-size

requirements: ## pin the newest agreeing versions of requirements/dev.in into dev.txt, of bench.in into bench.txt and of audit.in into audit.txt (needs uv)
	cd requirements && for of in dev bench audit; do uv pip compile --universal --python-version 3.11 --upgrade --no-annotate --custom-compile-command "make requirements" --output-file $$of.txt $$of.in; done

pr: test layer-size ## exactly what CI runs on one Python

clean: ## remove everything that was built or installed (stop a running stack first)
	rm -rf .venv .aws-sam .local .coverage* .hypothesis .mypy_cache .pytest_cache .ruff_cache *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Found in no time where there is one, so it needs no stamp, which could outlive the browser.
chromium: $(STAMP)
	@requirements/chromium.sh $(BIN)/python > /dev/null

$(STAMP):
	@requirements/venv.sh "$(PYTHON)" .venv
	@touch $@

$(BENCH_STAMP): $(STAMP)
	@$(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --requirement requirements/bench.txt
	@touch $@

$(AUDIT_STAMP): $(STAMP)
	@rm -rf $(AUDIT)
	@$(BIN)/python -m venv --without-pip $(AUDIT)
	@$(BIN)/python -m pip --python $(AUDIT)/bin/python install --quiet --quiet --disable-pip-version-check --requirement requirements/audit.txt
	@touch $@
