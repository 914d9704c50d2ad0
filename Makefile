# Every target sets up what it needs in .venv; without make, run the lines of a target by hand.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint bench bounds judges

help:
	@echo "make demo   train a small camera driver and watch it drive"
	@echo "make test   run every test"
	@echo "make lint   ruff and pyright"
	@echo "make bench  measure the simulator on this machine"
	@echo "make bounds drive with every index of every kernel checked, towns too"
	@echo "make judges test against packages that nobody here wrote, in environments of their own"

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

# Kernels of towns with every index checked take a quarter of an hour to compile.
bounds: $(STAMP)
	DRIVESIM_BOUNDS=1 $(BIN)/python -m pytest -q tests/drivesim/envs/test_equivalence.py -k beyond_an_array

# Several of them pin old versions or forget what they need: each family has an environment to itself.
JUDGES ?= .judges
DATA_JUDGES := $(JUDGES)/datasets
OTHER_JUDGES := $(JUDGES)/sensors
SCORE_JUDGES := $(JUDGES)/scores
MAP_JUDGES := $(JUDGES)/maps

$(DATA_JUDGES)/.installed:
	$(PYTHON) -m venv $(DATA_JUDGES)
	$(DATA_JUDGES)/bin/python -m pip install --quiet "numpy>=2" pycocotools webdataset mcap motmetrics \
		opencv-python-headless pyquaternion matplotlib shapely scikit-learn tqdm cachetools fire Pillow pandas scipy \
		parameterized descartes
	$(DATA_JUDGES)/bin/python -m pip install --quiet --no-deps nuscenes-devkit==1.2.0 trackeval
	touch $@

$(OTHER_JUDGES)/.installed:
	$(PYTHON) -m venv $(OTHER_JUDGES)
	$(OTHER_JUDGES)/bin/python -m pip install --quiet numpy "setuptools<81" allantools pymap3d trimesh embreex imagecorruptions-imaug
	touch $@

$(SCORE_JUDGES)/.installed:
	$(PYTHON) -m venv $(SCORE_JUDGES)
	$(SCORE_JUDGES)/bin/python -m pip install --quiet numpy scipy ad-rss eclipse-sumo libsumo sumolib
	touch $@

$(MAP_JUDGES)/.installed:
	$(PYTHON) -m venv $(MAP_JUDGES)
	$(MAP_JUDGES)/bin/python -m pip install --quiet asam-qc-opendrive numpy
	touch $@

judges: $(STAMP) $(DATA_JUDGES)/.installed $(OTHER_JUDGES)/.installed $(SCORE_JUDGES)/.installed $(MAP_JUDGES)/.installed
	DRIVESIM_JUDGES=$(abspath $(DATA_JUDGES)):$(abspath $(OTHER_JUDGES)):$(abspath $(SCORE_JUDGES)):$(abspath $(MAP_JUDGES)) $(BIN)/python -m pytest -q -rs \
		$$(grep -rl "tests.judges import" tests)

bench: $(STAMP)
	$(BIN)/drivesim bench
