"""Compiled kernels that no longer match their sources.

Numba compiles a kernel anew when its own file changes, but not when a file changes that it takes functions or
constants from: it then runs the old code without a word. `discard_stale` removes what was compiled before any file it
depends on was written; importing `drivesim` calls it, in about 10 ms where nothing has changed.
"""

import ast
import contextlib
import os
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("drivesim", "agents")
BENEATH_ALL = ("drivesim.kernels.views",)
"""Modules that decide how kernels read their arguments, though no kernel's module imports them."""


def discard_stale(root: Path = ROOT, packages: Iterable[str] = PACKAGES) -> list[str]:
    """Removes compiled kernels beside the sources that are older than anything their module imports.

    Args:
        root: Folder of the packages.
        packages: Packages whose kernels are looked at and whose imports are followed.

    Returns:
        Names of the modules whose kernels were removed.
    """
    packages = tuple(packages)
    compiled = _compiled(root, packages)
    sources = [file for package in packages for file in (root / package).rglob("*.py")]
    newest = max((file.stat().st_mtime for file in sources), default=0.0)
    imports = cache(lambda module: tuple(_imports(root, module, packages)))
    discarded = []
    for module, kernels in compiled.items():
        # Another process may be clearing the same files, or they may be another user's.
        with contextlib.suppress(FileNotFoundError, PermissionError):
            oldest = min((kernel.stat().st_mtime for kernel in kernels if kernel.suffix == ".nbc"), default=newest)
            if oldest >= newest:
                continue
            below = {name for name in BENEATH_ALL if _source(root, name).is_file()} | _closure(module, imports)
            if oldest < max(_source(root, name).stat().st_mtime for name in below):
                for kernel in kernels:
                    kernel.unlink(missing_ok=True)
                discarded.append(module)
            else:
                # Good for all sources as they are now; the next call sees that without reading them.
                for kernel in kernels:
                    os.utime(kernel, (newest, max(newest, kernel.stat().st_mtime)))
    return sorted(discarded)


def is_compiled(kernel: Any) -> bool:
    """Whether a kernel decorated with `cache=True` has compiled code on the disk; True where none can be kept."""
    index = getattr(getattr(getattr(kernel, "_cache", None), "_cache_file", None), "_index_path", None)
    return index is None or os.path.exists(index)


def _compiled(root: Path, packages: tuple[str, ...]) -> dict[str, list[Path]]:
    """Index and code files of Numba's cache by module; those of modules that are gone are left out."""
    found: dict[str, list[Path]] = {}
    for package in packages:
        for file in (root / package).rglob("__pycache__/*.nb[ic]"):
            stem = file.name.partition(".")[0]
            module = ".".join([*file.parent.parent.relative_to(root).parts, stem])
            if _source(root, module).is_file():
                found.setdefault(module, []).append(file)
    return found


def _closure(module: str, imports: Callable[[str], tuple[str, ...]]) -> set[str]:
    """A module and everything it imports, directly or not."""
    reached, waiting = {module}, [module]
    while waiting:
        for name in imports(waiting.pop()):
            if name not in reached:
                reached.add(name)
                waiting.append(name)
    return reached


def _imports(root: Path, module: str, packages: tuple[str, ...]) -> Iterator[str]:
    """Modules of our packages that a module's source names anywhere."""
    for node in ast.walk(ast.parse(_source(root, module).read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        for name in names:
            if name.partition(".")[0] in packages and _source(root, name).is_file():
                yield name


def _source(root: Path, module: str) -> Path:
    """File of a module or package; it need not exist."""
    path = root.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
