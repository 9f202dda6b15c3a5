# make lab     open the course          make test    run every test
# `make help` lists the rest. Python 3.11 or newer and git are all this needs.

PYTHON   ?= python3
VENV     ?= .venv
# Handed to pip as they are: the README says how to choose a CPU-only torch with it.
PIP_ARGS ?=
# Handed to JupyterLab: --no-browser only serves.
LAB_ARGS ?=
# Handed to pytest. A file stays in one process, because its fixtures (a browser, a trained model) are dear.
TEST_ARGS ?= -n 2 --dist loadfile

IN    := $(VENV)/bin
STAMP := $(VENV)/.installed

# Tools of this environment come first for everything that a test or a notebook starts.
export PATH := $(abspath $(IN)):$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help lab test venv notebooks ledger results site bench pins format lint test-helpers test-notebooks

help:  ## List what make can do here.
	@grep -hE '^[a-z-]+:.*## ' $(firstword $(MAKEFILE_LIST)) | sed -E 's/:.*## /\t/' | awk -F '\t' '{printf "  make %-15s %s\n", $$1, $$2}'

venv: $(STAMP)  ## Prepare the environment and do nothing else.

$(STAMP): pyproject.toml constraints.txt
	@command -v "$(PYTHON)" > /dev/null || { \
	  echo "There is no $(PYTHON) here. Install Python 3.11 or newer, or name yours: make PYTHON=/path/to/python3"; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "The course needs Python 3.11 or newer; $(PYTHON) is $$("$(PYTHON)" -V 2>&1). Name a newer one: make PYTHON=python3.12"; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2> /dev/null || { \
	  echo "$(PYTHON) cannot make virtual environments. On Debian and Ubuntu: sudo apt-get install python3-venv"; exit 1; }
	@echo "Preparing $(VENV) with $$("$(PYTHON)" -V) (a few minutes the first time)"
	@test -x $(IN)/python || "$(PYTHON)" -m venv $(VENV)
	@$(IN)/python -m pip install --quiet --constraint constraints.txt $(PIP_ARGS) --editable '.[test]'
	@touch $@
	@echo "Ready."

lab: venv  ## Open the course in JupyterLab (LAB_ARGS=--no-browser only serves).
	@# The stored figures are drawn only in notebooks that this Jupyter trusts.
	@$(IN)/jupyter trust notebooks/*.ipynb > /dev/null
	$(IN)/jupyter lab $(LAB_ARGS) notebooks/00_start_here.ipynb

test: lint test-helpers test-notebooks  ## Run every test (make -k test goes on after a failure).

lint: venv  ## Style, spelling and the arrows between modules.
	$(IN)/ruff check .
	$(IN)/ruff format --check .
	$(IN)/codespell
	$(IN)/lint-imports

test-helpers: venv  ## The helpers against references, the notebooks as documents, the figures in a browser.
	$(IN)/pytest $(TEST_ARGS) tests

# One notebook at a time: each trains on every core there is.
test-notebooks: venv  ## Run every notebook and compare its checked output with what is stored.
	@if ls notebooks/*.ipynb > /dev/null 2>&1; then set -x; \
	  $(IN)/pytest --nbval-lax --nbval-current-env --nbval-cell-timeout 900 --durations 5 notebooks; \
	else echo "No notebooks yet."; fi

notebooks: venv  ## Re-execute the notebooks in place: all, or NB="00 01".
	$(IN)/python tools/notebooks.py run $(NB)

ledger: venv  ## Write data/LEDGER.md, and its short form in README and notebook 00, from the record.
	$(IN)/python -m tools.ledger

results: venv  ## Run the recorded experiments: all, or NAME=fcn (ARGS="--budget record --fresh").
	$(IN)/python -m tools.record $(NAME) $(ARGS)

site: venv  ## Build the pages that work without a kernel and without a network.
	$(IN)/python tools/build_site.py $(ARGS)

bench: venv  ## Measure the figures' latency, the notebooks' seconds and memory, and a race.
	$(IN)/python tools/bench.py $(ARGS)

pins: venv  ## Write the versions installed here into constraints.txt.
	$(IN)/python tools/pins.py

format: venv  ## Bring every file into the style that the tests ask for.
	$(IN)/ruff check --fix --quiet .
	$(IN)/ruff format .
