"""A package outside drivesim whose kernel takes a constant from two imports below, and processes that run it."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

SOURCES = {
    "__init__": "",
    "constants": "FACTOR = 3\n",
    "unrelated": "FACTOR = 3\n",
    "formulas": """
import os
import time

from numba import types
from numba.extending import overload

from drivesim.kernels.device import routine
from toy.constants import FACTOR


def taking_long(value):
    return value


@overload(taking_long)
def _taking_long(value):
    time.sleep(float(os.environ.get("TOY_COMPILE_S", "0")))
    return lambda value: value


@routine
def scaled(value):
    return FACTOR * taking_long(value)
""",
    "work": """
from typing import NamedTuple

import numpy as np

from drivesim.kernels.entry import entry, kernel
from drivesim.kernels.launch import Launcher
from drivesim.kernels.warm_up import WarmUp, job, launch_job
from toy.formulas import scaled


class Pair(NamedTuple):
    one: np.ndarray
    other: np.ndarray


@entry()
def scale(pair, world):
    pair.other[world] = scaled(pair.one[world])


@kernel
def twice(value):
    return scaled(value) * 2


PAIR = Pair(np.ones(4), np.zeros(4))


def run():
    Launcher().run(scale, np.arange(4), PAIR)
    loaded = sum(scale.stats.cache_hits.values())
    print(int(PAIR.other[3]), "loaded" if loaded else "compiled")


def warm_up():
    preparing = WarmUp([launch_job(scale, PAIR), job(twice, 1.0)])
    preparing.finish()
    print(preparing.missing)
""",
}


class Toy(NamedTuple):
    """The package and the world around it."""

    root: Path
    environment: dict[str, str]

    @property
    def package(self) -> Path:
        return self.root / "toy"

    @property
    def user_cache(self) -> Path:
        return self.root / "home" / "drivesim-kernels"

    def edit(self, module: str, text: str) -> None:
        (self.package / f"{module}.py").write_text(text)

    def start(self, code: str = "run()", **variables: Any) -> subprocess.Popen[str]:
        environment = {**self.environment, **{name: str(value) for name, value in variables.items()}}
        return subprocess.Popen(
            [sys.executable, "-c", f"from toy.work import *; {code}"],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, code: str = "run()", **variables: Any) -> tuple[str, str]:
        """What a process says on its two streams."""
        process = self.start(code, **variables)
        out, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
        return out.strip(), err


@pytest.fixture
def toy(tmp_path) -> Toy:
    (tmp_path / "toy").mkdir()
    (tmp_path / "tmp").mkdir()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("NUMBA_")}
    environment |= {
        "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path]),
        "XDG_CACHE_HOME": str(tmp_path / "home"),
        "LOCALAPPDATA": str(tmp_path / "home"),
        "TMPDIR": str(tmp_path / "tmp"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    made = Toy(tmp_path, environment)
    for module, text in SOURCES.items():
        made.edit(module, text)
    return made
