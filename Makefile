# Every target sets up what it needs in .venv; without make, run the lines of a target by hand.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint bench

help:
	@echo "make demo   train a small camera driver and watch it drive"
	@echo "make test   run every test"
	@echo "make lint   ruff and pyright"
	@echo "make bench  measure the simulator on this machine"

# torch comes first, alone: the constraints then keep the build that this machine already offers.
$(STAMP): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt torch
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[dev]"
	touch $(STAMP)

setup: $(STAMP)

demo: $(STAMP)
	$(BIN)/drivesim demo

# One process compiles the kernels first, so that the two test workers find them in the cache.
test: $(STAMP)
	$(BIN)/drivesim doctor
	$(BIN)/python -m pytest -n 2 --dist loadfile -q

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright

bench: $(STAMP)
	$(BIN)/drivesim bench
