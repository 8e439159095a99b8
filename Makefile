# One word per job. Each sets up what it needs, in .venv, and does nothing twice.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?=
PIP := $(BIN)/python -m pip --disable-pip-version-check
IMAGE := proto/build/arkalia.binpb
RELEASED := proto/released.binpb
CONTRACTS := $(shell find proto/arkalia -name '*.proto' 2>/dev/null) $(shell find proto/tools -name '*.py' 2>/dev/null)
LOCK := $(BIN)/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --group build \
	--generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"
ARGS ?=

.PHONY: help up test lint fmt gen check fresh bench chaos chaos-random lock clean setup setup-dev release-contract typescript

help: ## Show what there is to make.
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

up: setup ## Bring a node up; options of `arkalia up` go into ARGS="...".
	@exec $(BIN)/arkalia up $(ARGS)

test: setup-dev ## Run every test; options of pytest go into ARGS="...".
	@bash .ci/test $(ARGS)

chaos: setup-dev ## Run only the tests that kill processes, with more rounds than `make test` has time for.
	$(BIN)/python -m pytest -m chaos --chaos-rounds=20 --chaos-table $(ARGS)

chaos-random: setup-dev ## Let random things go wrong for MINUTES=10; SEED=… does the same again.
	$(BIN)/python -m pytest -s tests/chaos/test_random.py --chaos-minutes=$(or $(MINUTES),10) --chaos-seed=$(or $(SEED),random) $(ARGS)

lint: setup-dev $(IMAGE) ## Check style, types and contracts, and that generated code is fresh.
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/buf lint $(IMAGE) --config buf.yaml --path arkalia
	$(BIN)/buf format --diff --exit-code proto
	@if [[ -f $(RELEASED) ]]; then \
		echo "$(BIN)/buf breaking $(IMAGE) --against $(RELEASED) --config buf.yaml --path arkalia"; \
		$(BIN)/buf breaking $(IMAGE) --against $(RELEASED) --config buf.yaml --path arkalia; \
	fi
	$(BIN)/python proto/tools/generate.py --check

check: lint test ## Lint and test: what has to pass before a change goes in.

fmt: setup-dev ## Format code and contracts.
	$(BIN)/ruff check --fix-only --quiet
	$(BIN)/ruff format
	$(BIN)/buf format --write proto

gen: setup-dev ## Generate what is made from the contracts.
	$(BIN)/python proto/tools/generate.py

fresh: setup-dev ## Fail when generated code is not what the contracts say.
	$(BIN)/python proto/tools/generate.py --check

bench: setup-dev ## Measure; options go into ARGS="...".
	$(BIN)/python -m benchmarks $(ARGS)

lock: setup-dev ## Write the lock files anew; `make lock ARGS=--upgrade` takes newer versions.
	$(LOCK) $(ARGS) --output-file requirements.lock
	$(LOCK) $(ARGS) --group dev --constraint requirements.lock --output-file requirements-dev.lock

release-contract: $(IMAGE) ## Keep the contracts as they are: later changes must not break them.
	cp $(IMAGE) $(RELEASED)

typescript: $(IMAGE) ## Generate TypeScript into build/typescript, with a plugin from npm.
	npm install --silent --no-audit --no-fund --prefix build/npm @bufbuild/protoc-gen-es@2
	PATH="$(CURDIR)/build/npm/node_modules/.bin:$$PATH" $(BIN)/buf generate --path arkalia

clean: ## Remove everything that can be made again.
	rm -rf $(VENV) build dist proto/build .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +

setup: $(VENV)/.run
setup-dev: $(VENV)/.dev

$(IMAGE): $(VENV)/.dev $(CONTRACTS)
	$(BIN)/python proto/tools/generate.py --image

# The development lock holds everything of the other one, in the same versions.
$(VENV)/.run: requirements.lock pyproject.toml $(VENV)/.made
	@echo "installing what a node needs to run"
	@$(PIP) install --quiet --require-hashes --no-deps -r requirements.lock
	@$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m compileall -q server clients/python proto/gen/python
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.run
	@echo "installing what tests and linters need"
	@$(PIP) install --quiet --require-hashes --no-deps -r requirements-dev.lock
	@touch $@

$(VENV)/.made:
	@PYTHON="$(PYTHON)" bash .ci/venv $(VENV)
	@touch $@
