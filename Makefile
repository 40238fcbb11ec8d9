# Two commands do everything: `make demo` and `make test`.
SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Any uv will do; where the machine has none it is installed into the venv itself.
UV := $(or $(shell command -v uv 2>/dev/null),$(BIN)/uv)
STAMP := $(VENV)/.synced
SOAK_SECONDS ?= 120
FUZZ ?= 300
SEEDS ?= 70
# Known to be clean: a change that breaks one of them has broken something. Fresh ones are for the nightly.
FIRST_SEED ?= 5000
SOAK_SEEDS ?= 30
WIRED_SEEDS ?= 20
CHAOS_SECONDS ?= 120
# Real days that are not part of maemae; without them their proof is left out.
HISTORY ?= $(wildcard ../shared/data)
HISTORY_DAYS ?= 8
# Whose turn it is of the ways of trading: another one each day.
TURN ?= $(shell date +%j)
# Empty, as if unset: the checks start hundreds of processes, which need not each compile what they import.
export PYTHONDONTWRITEBYTECODE =

.PHONY: warm nightly audit docs pictures tutorial wheel demo test soak simulate properties mutation setup lint format types layering unit clean

demo: setup
	@$(BIN)/maemae demo --page

setup: $(STAMP)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "maemae needs Python 3.11 or newer; set PYTHON=/path/to/python3.11" >&2; exit 2; }
	@$(PYTHON) -m venv $(VENV)

$(BIN)/uv: | $(BIN)/python
	@$(BIN)/pip install --quiet --disable-pip-version-check uv

$(STAMP): pyproject.toml uv.lock | $(BIN)/python $(UV)
	@echo "setting up $(VENV) (once; about a minute) ..."
	@VIRTUAL_ENV=$(abspath $(VENV)) $(UV) sync --active --quiet --locked --inexact --all-extras
	@touch $@

# Types on one processor; beside them the small checks, and what the tests would else do twice:
# compile the loops and themselves.
test: setup
	@$(MAKE) --no-print-directory -j 2 --output-sync=target types warm
	@$(MAKE) --no-print-directory unit

warm: lint layering
	$(BIN)/maemae warmup
	$(BIN)/pytest --collect-only -qq -n 0 | tail -n 5

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

audit: setup
	$(BIN)/python tools/audit.py --advisories

types: setup
	$(BIN)/mypy

layering: setup
	$(BIN)/lint-imports --no-cache

unit: setup
	$(BIN)/pytest -n auto --dist worksteal

format: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

mutation: setup
	nice $(BIN)/python tools/mutation.py

properties: setup
	$(BIN)/python tools/properties.py

docs: setup
	@VIRTUAL_ENV=$(abspath $(VENV)) $(UV) sync --active --quiet --locked --inexact --all-extras --group docs
	@$(BIN)/python tools/reference.py
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

# Makes the pictures of the documentation anew, on the simulated exchange: about ten minutes.
pictures: setup
	$(BIN)/python -m bench.pictures
	$(BIN)/python -m bench.terminals
	PYTHONPATH=. $(BIN)/python bench/notify_day.py ko docs/notify-day.png > /dev/null

# Types the tutorial into terminals: six minutes.
tutorial: setup
	$(BIN)/python tools/tutorial.py ko

# Builds the package, installs it into an empty environment and uses it.
wheel: setup
	$(BIN)/python tools/wheel.py

simulate: setup
	$(BIN)/maemae prove simulate --seeds $(SEEDS)

soak: setup
	$(BIN)/python tests/kis/fuzz.py -max_total_time=$(SOAK_SECONDS) -print_final_stats=1
	$(BIN)/maemae prove simulate --days 1 --hours 1 --seed $(FIRST_SEED) --seeds $(SOAK_SEEDS)
	$(BIN)/maemae prove simulate --wired --days 1 --hours 0.12 --seed $(FIRST_SEED) --seeds $(WIRED_SEEDS)
	$(BIN)/maemae prove ways --days 2 --turn $(TURN)
ifneq ($(HISTORY),)
	$(BIN)/maemae prove history --data $(HISTORY) --days $(HISTORY_DAYS)
else
	@echo "prove history is left out: HISTORY names no folder of real days"
endif
	$(BIN)/maemae prove chaos --orders 200 --kills 10 --seconds $(CHAOS_SECONDS)
	$(BIN)/python tools/defects.py --again --sample 20 --seed $(TURN) --seconds 60

# All hazards, from a seed of chance; goes on from what it kept when it is cut off and given that seed.
nightly: setup
	$(BIN)/maemae prove simulate --fresh --events 10000000 --keep simulate.jsonl
	$(BIN)/maemae prove simulate --fresh --wired --hours 1 --events 1000000 --keep wired.jsonl
	$(BIN)/maemae prove ways --days 2
ifneq ($(HISTORY),)
	$(BIN)/maemae prove history --data $(HISTORY) --fresh
endif
	$(BIN)/pytest -q -n 0 -m nightly
	MAEMAE_FUZZ=$(FUZZ) $(BIN)/pytest -q -n 0 tests/test_hostile_files.py tests/test_hostile_requests.py
	$(BIN)/python tools/mutation.py --seconds 1800
	$(BIN)/python tools/defects.py

clean:
	rm -rf $(VENV)
