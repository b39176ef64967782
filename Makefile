# Needs git, make and Python 3.11 or later; everything else goes into $(VENV).
# Another interpreter: make test PYTHON=/path/to/python3 VENV=.venv-other

VENV ?= .venv
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { command -v "$$p"; break; }; done)
UV ?= uv
# Half of many tests is waiting for what does not answer.
WORKERS ?= $(shell echo $$(($$(nproc) * 2)))
PYTEST_ARGS ?=
ARGS ?=

BIN := $(VENV)/bin
READY := $(VENV)/.ready
# What speaks to simulated devices over SSH goes with the contracts.
DEVICES := tests/unit/drivers tests/unit/simulator
# How segments come back: gates, probation, timers, in part; and the border beside the lab.
RETURNS := $(foreach t,gates probation held counted partial border,tests/lab/test_cordon_$(t).py)
LANES := test-unit test-contract test-profiles test-platforms test-faults test-lab test-lab-returns test-e2e
# Recorded answers, and all first-tier platforms in one network; the other tests of profiles go platform by platform.
PLATFORMS := $(foreach t,transcripts second_tier all_at_once at_their_worst,tests/profiles/test_$(t).py)
CHECKS := check-style check-format check-types check-layers

# The directories among $(1) that hold tests; pytest fails on one that holds none.
with_tests = $(strip $(foreach d,$(1),$(if $(shell find $(d) -name 'test_*.py' 2>/dev/null),$(d))))
# $(call lane,directories,pytest options)
lane = $(if $(call with_tests,$(1)),\
	$(BIN)/python -m pytest $(call with_tests,$(1)) $(2) $(PYTEST_ARGS),\
	@echo "$@: no tests in $(1) yet")

.DEFAULT_GOAL := help
.PHONY: help demo test check faults-full faults-careful faults-armed mutations lab bench bench-peers docs picture serve lock wheel clean $(LANES) $(CHECKS)

help:
	@echo "make demo     a simulated hospital, cut and brought back (no root, under a minute)"
	@echo "make test     every test this machine can run; says which it skips and why"
	@echo "make check    style, formatting, types, layers"
	@echo "make lab      the hospital of network namespaces, to play with (root)"
	@echo "make faults-full   the crash campaign at every point it finds"
	@echo "make faults-careful   the faults of devices, one line at a time"
	@echo "make faults-armed   the faults of devices, met by a cut through sessions held open"
	@echo "make mutations     a signed log and its export, thousands of bytes flipped, one at a time"
	@echo "make bench    measurements"
	@echo "make bench-peers   a cut by Cordon and by other people's tools, side by side (downloads them)"
	@echo "make docs     reference and quotations anew, from the program and the laboratory's story"
	@echo "make picture  the README's pictures anew, from a run of the demo and from the console over it"
	@echo "make serve    the service: API and live events (CORDON_INVENTORY, CORDON_HOME)"
	@echo "make lock     pin the dependencies anew (needs uv)"
	@echo "make wheel    dist/*.whl"
	@echo "make clean    remove what make made"
	@echo "one lane:     make $(LANES)"

demo: $(READY)
	$(BIN)/cordon demo $(ARGS)

# Every lane runs, whichever fails; so does every check.
test: $(READY)
	@$(MAKE) --no-print-directory --keep-going $(LANES)

test-unit: $(READY)
	$(call lane,tests/unit tests/architecture,-n $(WORKERS) $(addprefix --ignore=,$(DEVICES)))

test-contract: $(READY)
	$(call lane,tests/contract $(DEVICES),-n $(WORKERS))

test-profiles: $(READY)
	$(call lane,tests/profiles,-n $(WORKERS) $(addprefix --ignore=,$(PLATFORMS)))

test-platforms: $(READY)
	$(BIN)/python -m pytest $(PLATFORMS) -n $(WORKERS) --dist worksteal $(PYTEST_ARGS)

# Most of a fault is waiting for what does not come: more workers than cores.
test-faults: $(READY)
	$(call lane,tests/faults,-n 5 --dist worksteal)

# What devices do wrong, met with Netmiko's own preparation of a session and one line at a time.
faults-careful: $(READY)
	CORDON_FAULTS_CAREFUL=1 $(BIN)/python -m pytest tests/faults/test_device_faults_cut.py tests/faults/test_device_faults_restore.py -n $(WORKERS)

# The same, met by a cut through sessions held open.
faults-armed: $(READY)
	CORDON_FAULTS_ARMED=1 $(BIN)/python -m pytest tests/faults/test_device_faults_armed.py -n $(WORKERS)

# The crash campaign at every point it finds, frozen leaders included: a quarter of an hour.
faults-full: $(READY)
	CORDON_FAULTS_FULL=1 $(BIN)/python -m pytest tests/faults/test_crash_cut.py tests/faults/test_crash_restore.py -n $(WORKERS)

mutations: $(READY)
	CORDON_MUTATIONS=5000 $(BIN)/python -m pytest --timeout 900 tests/unit/store/test_mutations.py tests/unit/evidence

# Six laboratories side by side: most of a test is waiting for silence.
test-lab: $(READY)
	$(call lane,tests/lab,-n 6 --dist worksteal $(addprefix --ignore=,$(RETURNS)))

# Fewer side by side: some ask for a cut within seconds of its sign.
test-lab-returns: $(READY)
	$(BIN)/python -m pytest $(RETURNS) -n 4 --dist worksteal $(PYTEST_ARGS)

test-e2e: $(READY)
	$(call lane,tests/e2e,-n 2 --dist worksteal)

check: $(READY)
	@$(MAKE) --no-print-directory --keep-going $(CHECKS)

check-style: $(READY)
	$(BIN)/ruff check .

check-format: $(READY)
	$(BIN)/ruff format --check .

check-types: $(READY)
	$(BIN)/mypy

check-layers: $(READY)
	$(BIN)/lint-imports

lab: $(READY)
	$(BIN)/python -m tests.lab $(ARGS)

docs: $(READY)
	$(BIN)/python -m tests.unit.docs.reference
	$(BIN)/python -m tests.unit.docs.quote
	$(BIN)/python -m tests.profiles.table

picture: $(READY)
	$(BIN)/python -m tests.e2e.picture docs/demo.svg
	$(BIN)/python -m tests.e2e.console_pictures docs

bench: $(READY)
	$(BIN)/python -m bench $(ARGS)

# Other people's tools, each in an environment of its own below .venv-peers; downloads them. ARGS="--devices 200", for one.
bench-peers: $(READY)
	$(BIN)/python -m bench speed --install $(ARGS)

# CORDON_INVENTORY and CORDON_HOME say for which site; ARGS="--bind 127.0.0.1:9443", for one.
serve: $(READY)
	$(BIN)/cordon serve $(ARGS)

wheel: $(READY)
	$(BIN)/python -m build --wheel --no-isolation

# The first file holds what runs, the second the tools as well, at the same versions.
lock:
	$(UV) pip compile $(LOCK) --group dev pyproject.toml -o requirements-dev.lock
	$(UV) pip compile $(LOCK) -c requirements-dev.lock pyproject.toml -o requirements.lock
LOCK := --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate $(LOCK_ARGS)

clean:
	rm -rf .venv .venv-* build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): requirements-dev.lock pyproject.toml
	@if [ -z "$(PYTHON)" ]; then \
		echo "Cordon needs Python 3.11 or later; found: $$(python3 --version 2>&1 || true)." >&2; \
		echo "Name one with: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)" >&2; exit 1; fi
	@"$(PYTHON)" -c 'import sys; v = sys.version.split()[0]; \
		sys.exit(sys.version_info < (3, 11) and f"Cordon needs Python 3.11 or later; $(PYTHON) is {v}.")'
	@rm -rf "$(VENV)"
	@if "$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null; then \
		set -ex; \
		"$(PYTHON)" -m venv "$(VENV)"; \
		$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements-dev.lock; \
		$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --editable .; \
	elif command -v "$(UV)" >/dev/null; then \
		set -ex; \
		"$(UV)" venv --quiet --python "$(PYTHON)" "$(VENV)"; \
		"$(UV)" pip install --quiet --python $(BIN)/python --require-hashes -r requirements-dev.lock; \
		"$(UV)" pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .; \
	else \
		echo "$(PYTHON) has neither venv nor pip (on Debian: apt-get install python3-venv), nor is uv installed." >&2; \
		exit 1; \
	fi
	@touch $@
