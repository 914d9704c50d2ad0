"""Asking packages that nobody here wrote: they live in an environment of their own, `$DRIVESIM_JUDGES/bin/python`."""

import os
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pytest

VARIABLE = "DRIVESIM_JUDGES"
"""Environment variable that names the folder of a virtual environment; several are separated as in PATH."""
_FRAME = """
import sys
import numpy as np
given = dict(np.load(sys.argv[1]))
answer = {{}}
{script}
np.savez(sys.argv[2], **answer)
"""


def interpreter(*modules: str) -> str:
    """The interpreter of the first named environment that can import `modules`; skips the test where there is none."""
    folders = [folder for folder in os.environ.get(VARIABLE, "").split(os.pathsep) if folder]
    for folder in folders:
        python = str(Path(folder) / "bin" / "python")
        code = f"import {', '.join(modules)}" if modules else ""
        if Path(python).is_file() and subprocess.run([python, "-c", code], capture_output=True).returncode == 0:
            return python
    pytest.skip(f"{VARIABLE} names no environment with {', '.join(modules) or 'an interpreter'}")


def ask(script: str, arrays: dict[str, np.ndarray], *modules: str) -> dict[str, np.ndarray]:
    """What a script of the judges' says: it reads the dictionary `given` and fills the dictionary `answer`.

    Args:
        script: Python, with NumPy there as `np`.
        arrays: What it is given.
        *modules: What it imports; the test is skipped where that cannot be had.
    """
    python = interpreter(*modules)
    with tempfile.TemporaryDirectory() as folder:
        files = [str(Path(folder) / name) for name in ("given.npz", "answer.npz")]
        np.savez(files[0], **arrays)  # type: ignore[arg-type]  # arrays by name
        code = _FRAME.format(script=script)
        done = subprocess.run([python, "-c", code, *files], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        with np.load(files[1]) as answer:
            return dict(answer)
