"""The project as others get it: archives built from the sources, and an installation with its console command."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("drivesim", "agents")


def build(source: Path, target: str, folder: Path) -> Path:
    """Builds one archive, "wheel" or "sdist", of a source tree into an empty folder."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(folder)]
    subprocess.run(command, cwd=source, capture_output=True, text=True, check=True)
    (archive,) = folder.iterdir()
    return archive


def install(wheel: Path, site: Path) -> None:
    """Installs a wheel, and nothing that it depends on, into a folder; its command is `bin/drivesim` there."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(site), str(wheel)]
    subprocess.run(command, capture_output=True, text=True, check=True)


def lend_kernels(site: Path) -> None:
    """Gives an installation the kernels that this tree has compiled, as if it had run before."""
    for package in PACKAGES:
        for source in (ROOT / package).rglob("*.py"):
            twin = site / source.relative_to(ROOT)
            if twin.is_file() and twin.read_bytes() == source.read_bytes():
                shutil.copystat(source, twin)
        for compiled in (ROOT / package).rglob("__pycache__/*.nb[ic]"):
            twin = site / compiled.relative_to(ROOT)
            twin.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(compiled, twin)


def run(
    site: Path, words: list[str], *, cwd: Path, packages: Path | None = None, timeout_s: float = 600.0
) -> subprocess.CompletedProcess[str]:
    """Runs the console command of an installation in any folder, with its own packages unless others are given."""
    environment = {**os.environ, "PYTHONPATH": str(packages or site)}
    command = [sys.executable, str(site / "bin" / "drivesim"), *words]
    return subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=timeout_s, check=False
    )
