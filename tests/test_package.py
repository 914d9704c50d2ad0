"""What is built for others: the wheel and the source archive, and the assets found from an installation."""

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.installation import ROOT, build, install

ASSET = "models/README.md"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    return build(ROOT, "wheel", tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def sdist(tmp_path_factory) -> Path:
    return build(ROOT, "sdist", tmp_path_factory.mktemp("sdist"))


def test_the_wheel_holds_both_packages_the_peers_and_the_assets(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    for name in ("drivesim/rng.py", "agents/cli.py", "agents/bench/peers/serve.py", f"drivesim/_assets/{ASSET}"):
        assert name in names
    assert not [name for name in names if name.startswith(("tests", "assets")) or "__pycache__" in name]
    assert [name for name in names if name.endswith("licenses/LICENSE")]


def test_the_source_archive_holds_what_a_build_and_a_test_run_need(sdist, wheel, tmp_path):
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    (source,) = tmp_path.iterdir()
    for name in ("README.md", "LICENSE", "constraints.txt", "Makefile", f"assets/{ASSET}", "tests/conftest.py"):
        assert (source / name).is_file()
    (tmp_path / "dist").mkdir()
    rebuilt = build(source, "wheel", tmp_path / "dist")
    assert set(zipfile.ZipFile(rebuilt).namelist()) == set(zipfile.ZipFile(wheel).namelist())


def test_an_installation_finds_its_own_assets(wheel, tmp_path):
    site, elsewhere = tmp_path / "site", tmp_path / "elsewhere"
    elsewhere.mkdir()
    install(wheel, site)
    code = f"from drivesim import assets; print(assets.path({ASSET!r}))"
    environment = {**os.environ, "PYTHONPATH": str(site)}
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=elsewhere, env=environment, capture_output=True, text=True, check=True
    )
    assert Path(found.stdout.strip()) == site / "drivesim" / "_assets" / ASSET
