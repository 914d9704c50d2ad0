"""What every test shares: one thread per library, no window, hypothesis without deadlines, a seeded generator."""

import os

# Two test workers on two cores: a pool of threads in each only gets in the way. Read when the libraries load.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
os.environ.setdefault("SDL_AUDIODRIVER", "dummy")
os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
os.environ.setdefault("MPLBACKEND", "Agg")

import hypothesis
import numpy as np
import pytest

# Deadlines measure the machine, not the code; the same examples every run make a failure repeatable.
hypothesis.settings.register_profile("drivesim", deadline=None, max_examples=30, derandomize=True)
hypothesis.settings.load_profile("drivesim")


@pytest.fixture
def rng() -> np.random.Generator:
    """Random input for a test, the same in every run."""
    return np.random.default_rng(20_240_229)
