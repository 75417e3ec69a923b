# The two commands of this project are `make demo` and `make test`; both set up .venv by themselves.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
DATA ?= .demo
PYTEST_ARGS ?= -n auto --maxprocesses=4 --dist=loadfile

.PHONY: demo test check bench clean

# Compiling what the demo never imports would take half of the set-up; what it does import is compiled then, and
# some libraries have old escapes in their strings that newer Pythons would mention.
demo: $(VENV)/.demo
	@PYTHONWARNINGS=ignore::SyntaxWarning $(BIN)/encode-media demo --data $(DATA) $(if $(ONCE),--once)

test: $(VENV)/.test
	$(BIN)/python -m pytest $(PYTEST_ARGS)

check: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.test
	$(BIN)/python benchmarks/run.py

clean:
	rm -rf $(VENV) .demo build dist

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || \
	  { echo "Python 3.10 or newer is needed; name it with make PYTHON=python3.x"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
	  { rm -rf $(VENV); echo "On Debian and Ubuntu: apt install python3-venv"; exit 1; }

$(VENV)/.demo: $(VENV)/bin/python pyproject.toml setup.py
	$(INSTALL) --no-compile --editable '.[sandbox]'
	@touch $@

$(VENV)/.test: $(VENV)/bin/python pyproject.toml setup.py
	$(INSTALL) --editable '.[sandbox,test,check]'
	@$(BIN)/python -W ignore -m compileall -q $(VENV)/lib || true  # what the demo left uncompiled: warnings are errors in tests
	@touch $@ $(VENV)/.demo
