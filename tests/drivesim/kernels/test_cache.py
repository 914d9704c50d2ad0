import os
from pathlib import Path

import pytest

from drivesim.kernels import cache as kernel_cache
from drivesim.kernels.cache import discard_stale

COMPILED_AT = 1_000_000.0


@pytest.fixture
def tree(tmp_path):
    """A package whose `kernels` imports `formulas`, which imports `constants`; only `kernels` has compiled code."""
    package = tmp_path / "package"
    (package / "__pycache__").mkdir(parents=True)
    sources = {
        "__init__": "",
        "kernels": "def run():\n    from package.formulas import area\n",
        "formulas": "import package.constants\n",
        "constants": "PI = 3\n",
        "unrelated": "from package import kernels\n",
    }
    for name, text in sources.items():
        write(package / f"{name}.py", text, COMPILED_AT - 10)
    for name in ("kernels.run-1.py311.nbi", "kernels.run-1.py311.1.nbc"):
        write(package / "__pycache__" / name, "", COMPILED_AT)
    return tmp_path


def write(path: Path, text: str, at: float) -> None:
    path.write_text(text)
    os.utime(path, (at, at))


def kernels(tree: Path) -> list[str]:
    return sorted(path.suffix for path in (tree / "package" / "__pycache__").iterdir())


def test_kernels_newer_than_their_sources_stay(tree):
    assert discard_stale(tree, ["package"]) == []
    assert kernels(tree) == [".nbc", ".nbi"]


@pytest.mark.parametrize("changed", ["kernels", "formulas", "constants"])
def test_a_change_anywhere_below_discards_the_kernels(tree, changed):
    os.utime(tree / "package" / f"{changed}.py", (COMPILED_AT + 10, COMPILED_AT + 10))
    assert discard_stale(tree, ["package"]) == ["package.kernels"]
    assert kernels(tree) == []


def test_a_change_above_does_not(tree):
    write(tree / "package" / "unrelated.py", "", COMPILED_AT + 10)
    assert discard_stale(tree, ["package"]) == []


def test_what_was_found_good_is_good_until_a_source_changes(tree, monkeypatch):
    write(tree / "package" / "unrelated.py", "", COMPILED_AT + 10)
    discard_stale(tree, ["package"])
    with monkeypatch.context() as patch:
        patch.setattr(kernel_cache, "_imports", None)  # a second look reads no source
        assert discard_stale(tree, ["package"]) == []
    write(tree / "package" / "constants.py", "", COMPILED_AT + 20)
    assert discard_stale(tree, ["package"]) == ["package.kernels"]


def test_what_lies_beneath_all_kernels_needs_no_import(tree, monkeypatch):
    monkeypatch.setattr(kernel_cache, "BENEATH_ALL", ("package.layout",))
    write(tree / "package" / "layout.py", "", COMPILED_AT + 10)
    assert discard_stale(tree, ["package"]) == ["package.kernels"]


def test_every_module_beneath_all_exists():
    for name in kernel_cache.BENEATH_ALL:
        assert kernel_cache._source(kernel_cache.ROOT, name).is_file()


def test_the_oldest_code_counts(tree):
    write(tree / "package" / "constants.py", "", COMPILED_AT + 10)
    for name in ("kernels.run-1.py311.nbi", "kernels.run-1.py311.2.nbc"):
        write(tree / "package" / "__pycache__" / name, "", COMPILED_AT + 20)
    assert discard_stale(tree, ["package"]) == ["package.kernels"]


def test_kernels_of_a_module_that_is_gone_are_left_alone(tree):
    (tree / "package" / "kernels.py").unlink()
    assert discard_stale(tree, ["package"]) == []
    assert len(kernels(tree)) == 2
