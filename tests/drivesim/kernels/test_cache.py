import os
import re
import time
import zipfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from numba import typeof

from drivesim.kernels import cache
from drivesim.kernels.cache import describe
from drivesim.kernels.target import view

DAY_S = 86_400.0


def code(folder):
    return sorted(file.name for file in folder.rglob("*.nbc"))


@pytest.mark.parametrize("place", ["beside", "chosen", "user"])
def test_after_an_edit_two_imports_below_old_code_is_not_run_wherever_it_lies(toy, place):
    variables = {"NUMBA_CACHE_DIR": toy.root / "chosen"} if place == "chosen" else {}
    if place == "user":
        (toy.package / "__pycache__").write_text("not a folder")
    assert toy.run(**variables)[0] == "3 compiled"
    assert toy.run(**variables)[0] == "3 loaded"
    toy.edit("constants", "FACTOR = 5\n")
    assert toy.run(**variables) == ("5 compiled", "")
    toy.edit("constants", "FACTOR = 3\n")
    assert toy.run(**variables)[0] == "3 loaded", "of an earlier source the code is still there"
    folders = {"beside": toy.package / "__pycache__", "chosen": toy.root / "chosen", "user": toy.user_cache}
    for name, folder in folders.items():
        assert len(code(folder)) == (2 if name == place else 0)


def test_an_edit_of_what_the_kernel_does_not_import_changes_nothing(toy):
    toy.run()
    toy.edit("unrelated", "FACTOR = 5\n")
    assert toy.run()[0] == "3 loaded"


def test_code_is_not_kept_where_a_source_was_edited_after_it_was_read(toy):
    edit = "import pathlib, toy.constants as c; pathlib.Path(c.__file__).write_text('FACTOR = 5\\n'); run()"
    assert toy.run(edit)[0] == "3 compiled"
    assert code(toy.root) == []
    os.utime(toy.package / "constants.py", (time.time() - 60,) * 2)
    assert toy.run()[0] == "5 compiled"


def test_read_only_package_and_home_cost_one_line(toy):
    (toy.package / "__pycache__").write_text("not a folder")
    (toy.root / "home").write_text("not a folder")
    out, err = toy.run()
    assert out == "3 compiled"
    assert len(err.splitlines()) == 1
    assert "compiled kernels are kept in" in err
    assert str(toy.root / "tmp") in err
    assert toy.run() == ("3 loaded", "")


def test_without_any_place_kernels_run_and_one_line_says_what_that_costs(toy):
    (toy.package / "__pycache__").write_text("not a folder")
    (toy.root / "home").write_text("not a folder")
    open_to_all = next((toy.root / "tmp").iterdir(), toy.root / "tmp" / f"drivesim-kernels-{os.getuid()}")
    open_to_all.mkdir()
    open_to_all.chmod(0o777)  # anybody may have put code there
    out, err = toy.run()
    assert out == "3 compiled"
    assert len(err.splitlines()) == 1
    assert "every process compiles its kernels anew" in err
    assert list(open_to_all.iterdir()) == []


def test_code_beside_a_package_that_cannot_be_written_to_is_still_read(toy):
    toy.run()
    for file in (toy.package / "__pycache__").iterdir():
        file.chmod(0o444)
    os.chmod(toy.package / "__pycache__", 0o555)
    assert toy.run()[0] == "3 loaded"


def test_damaged_code_is_compiled_anew(toy):
    toy.run()
    (file,) = (toy.package / "__pycache__").glob("*.nbc")
    whole = file.read_bytes()
    for damaged in (whole[:-100], b"", whole[:50] + b"\0" + whole[51:]):
        file.write_bytes(damaged)
        assert toy.run()[0] == "3 compiled"
    assert toy.run()[0] == "3 loaded"


def test_processes_that_compile_at_once_leave_one_whole_file(toy):
    processes = [toy.start() for _ in range(4)]
    answers = [process.communicate(timeout=60)[0].split()[0] for process in processes]
    assert answers == ["3"] * 4
    assert len(code(toy.root)) == 1
    assert list(toy.root.rglob("*.partial")) == []
    assert toy.run()[0] == "3 loaded"


def test_kernels_within_an_archive_are_kept_for_the_user(toy):
    with zipfile.ZipFile(toy.root / "archive.zip", "w") as archive:
        for file in toy.package.glob("*.py"):
            archive.write(file, f"toy/{file.name}")
            file.unlink()
    toy.package.rmdir()
    path = os.pathsep.join([str(toy.root / "archive.zip"), toy.environment["PYTHONPATH"]])
    assert toy.run(PYTHONPATH=path)[0] == "3 compiled"
    assert toy.run(PYTHONPATH=path)[0] == "3 loaded"
    assert len(code(toy.user_cache)) == 1


@pytest.mark.parametrize("setting", ["NUMBA_BOUNDSCHECK", "NUMBA_OPT"])
def test_other_settings_of_numba_are_other_code(toy, setting):
    toy.run()
    assert toy.run(**{setting: 1})[0] == "3 compiled"
    assert toy.run()[0] == "3 loaded"


def test_long_unused_code_and_all_but_the_latest_versions_go_when_new_code_comes(tmp_path):
    def put(name, days):
        file = tmp_path / name
        file.write_bytes(b"")
        os.utime(file, (time.time() - days * DAY_S,) * 2)

    for version in range(cache.VERSIONS_KEPT + 3):
        put(f"toy.work.scale.{version:02d}.nbc", days=version / 10)
    put("toy.work.twice.00.nbc", days=cache.UNUSED_DAYS - 1)
    put("toy.work.gone.00.nbc", days=cache.UNUSED_DAYS + 1)
    put("toy.work.gone.00.nbc.0123.partial", days=cache.UNUSED_DAYS + 1)
    put("work.gone-1.py311.nbi", days=cache.UNUSED_DAYS + 1)
    put("work.cpython-311.pyc", days=cache.UNUSED_DAYS + 1)
    cache._tidy(tmp_path, "toy.work.scale")
    kept = [f"toy.work.scale.{version:02d}.nbc" for version in range(cache.VERSIONS_KEPT)]
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted(
        [*kept, "toy.work.twice.00.nbc", "work.cpython-311.pyc"]
    )


class Columns(NamedTuple):
    x: np.ndarray
    y: np.ndarray


class Swapped(NamedTuple):
    y: np.ndarray
    x: np.ndarray


def test_code_for_columns_in_another_order_is_other_code():
    arrays = np.zeros(3), np.zeros(3)
    told = {describe(typeof(hand_over(group(*arrays)))) for group in (Columns, Swapped) for hand_over in (view, tuple)}
    assert len(told) == 3, "two views, and one plain pair"


def test_every_kernel_of_the_packages_is_kept_by_this_cache():
    root = Path(__file__).parents[3]
    files = [file for package in ("drivesim", "agents") for file in (root / package).rglob("*.py")]
    assert [file.name for file in files if re.search(r"@(numba\.)?n?jit\(.*cache=", file.read_text("utf-8"))] == []
