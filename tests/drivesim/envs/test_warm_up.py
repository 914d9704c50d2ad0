import os
import subprocess
import sys

import numba
import pytest

from drivesim.kernels.cache import is_compiled

START = """
import gymnasium as gym, drivesim
env = gym.make("drivesim/Lane-v0", map_count=1)
env.reset(seed=0)
env.step(env.unwrapped.expert_action())
"""


def start(cache) -> str:
    """What a first program says on its error stream, with compiled code kept in `cache`."""
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(cache), "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", START], env=environment, capture_output=True, text=True, check=True)
    return done.stderr


@pytest.mark.slow
def test_the_first_start_says_that_it_compiles_and_the_next_says_nothing(tmp_path):
    assert "compiling drivesim for this machine" in start(tmp_path)
    kernels = [file.name for file in tmp_path.rglob("*.nbi")]
    assert any(name.startswith("step.advance_worlds") for name in kernels)
    assert any(name.startswith("level.render_level") for name in kernels)
    assert start(tmp_path) == ""
    assert sum(name.startswith("step.advance_worlds") for name in kernels) == 1
    versions = [file.name for file in tmp_path.rglob("step.advance_worlds*.nbc")]
    assert len(versions) == 1, "the other process compiled just what this one needs"


def test_a_kernel_without_a_cache_counts_as_compiled():
    assert is_compiled(numba.njit(lambda x: x))
