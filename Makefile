# make lab     open the course          make test    run every test
# `make help` lists the rest. Python 3.11 or newer and git are all this needs.

PYTHON   ?= python3
VENV     ?= .venv
# Handed to pip as they are: the README says how to choose a CPU-only torch with it.
PIP_ARGS ?=
# Handed to JupyterLab: --no-browser only serves.
LAB_ARGS ?=
# Which notebooks JupyterLab opens: the course's, or your own copy of them, LAB_DIR=work.
LAB_DIR  ?= notebooks
# Handed to pytest: a process a core. A file stays in one, because what it prepares (a browser, a kernel) is dear.
TEST_ARGS ?= -n auto --dist loadfile

IN    := $(VENV)/bin
STAMP := $(VENV)/.installed

# Tools of this environment come first for everything that a test or a notebook starts.
export PATH := $(abspath $(IN)):$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help lab work test venv notebooks ledger results minutes picture site bench pins format lint test-helpers test-notebooks

help:  ## List what make can do here.
	@grep -hE '^[a-z-]+:.*## ' $(firstword $(MAKEFILE_LIST)) | sed -E 's/:.*## /\t/' | awk -F '\t' '{printf "  make %-15s %s\n", $$1, $$2}'

venv: $(STAMP)  ## Prepare the environment and do nothing else.

$(STAMP): pyproject.toml constraints.txt helpers/steady.pth
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
	@$(IN)/jupyter trust $(LAB_DIR)/*.ipynb > /dev/null
	$(IN)/jupyter lab $(LAB_ARGS) $(LAB_DIR)/00_start_here.ipynb

work: venv  ## Copy the notebooks into work/, to edit: no update of the course touches what you changed there.
	@$(IN)/python tools/work.py
	@$(IN)/jupyter trust work/*.ipynb > /dev/null

test: lint test-helpers test-notebooks  ## Run every test (make -k test goes on after a failure).

lint: venv  ## Style, spelling and the arrows between modules.
	$(IN)/ruff check .
	$(IN)/ruff format --check .
	$(IN)/codespell
	$(IN)/lint-imports

test-helpers: venv  ## The helpers against references, the notebooks as documents, the figures in a browser.
	$(IN)/pytest $(TEST_ARGS) tests

# The longest notebooks begin, so that none is left to run alone at the end.
test-notebooks: venv  ## Run every notebook and compare its checked output with what is stored.
	$(IN)/pytest $(TEST_ARGS) --no-loadscope-reorder --nbval-lax --nbval-current-env --nbval-cell-timeout 900 \
	  --durations 10 $$($(IN)/python tools/minutes.py --longest-first)

# Two processes with one thread each do more than one with two.
test-helpers test-notebooks: export OMP_NUM_THREADS := 1

notebooks: venv  ## Re-execute the notebooks in place: all, or NB="00 01".
	$(IN)/python tools/notebooks.py run $(NB)

ledger: venv  ## Write data/LEDGER.md, and its short form in README and notebook 00, from the record.
	$(IN)/python -m tools.ledger

results: venv  ## Run the recorded experiments: all, or NAME=fcn (ARGS="--budget record --fresh").
	$(IN)/python -m tools.record $(NAME) $(ARGS)

minutes: venv  ## Print what each notebook takes (ARGS=--write: state it in README and notebook 00).
	@$(IN)/python tools/minutes.py $(NB) $(ARGS)

picture: venv  ## Draw the README's picture anew from the stored notebooks.
	$(IN)/python tools/front_picture.py

site: venv  ## Build the pages that work without a kernel and without a network.
	$(IN)/python tools/build_site.py $(ARGS)

bench: venv  ## Measure figures, training beside a busy process, notebooks and a race (ARGS=--training: one part).
	$(IN)/python tools/bench.py $(ARGS)

pins: venv  ## Write the versions installed here into constraints.txt.
	$(IN)/python tools/pins.py

format: venv  ## Bring every file into the style that the tests ask for.
	$(IN)/ruff check --fix --quiet .
	$(IN)/ruff format .
