"""What a kernel's machine code was compiled from: the text of its module and of all that this module imports.

Kernels take functions and constants from other modules, so an edit anywhere below a kernel must make its compiled code
unfindable. Imports are followed where they stand at the beginning of a line; what a function imports for itself cannot
get into a kernel. Python's own modules and installed packages are not followed, except the packages that hold the
kernel or this module.
"""

import os
import re
import sys
import time
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from pathlib import PurePath
from types import ModuleType
from typing import Any

_STARTED_S = time.time()
_HOME = __name__.partition(".")[0]
_BENEATH_ALL = __name__.rpartition(".")[0]
"""The package that decides how kernels read their arguments, though not every kernel's module imports it."""
_IMPORT = re.compile(r"^(?:from[ \t]+([\w.]+)[ \t]+import[ \t]+(\([^)]*\)|.*)|import[ \t]+(.*))$", re.MULTILINE)
_NAME = re.compile(r"[\w.]+")
_INSTALLED = {"site-packages", "dist-packages"}


def digest_of(module: str) -> bytes | None:
    """Digest of the sources that the kernels of an imported module are compiled from.

    None where that is unknown: the module has no source file, or a source was edited after this process began, which
    may have read it before or after the edit.
    """
    total = sha256()
    reached = {module} | {name for name in sys.modules if name.startswith(f"{_BENEATH_ALL}.")}
    waiting = list(reached)
    while waiting:
        found = _source_of(waiting.pop())
        for name in found[1] if found is not None else ():
            if name not in reached and _is_followed(name, module):
                reached.add(name)
                waiting.append(name)
    for name in sorted(reached):
        source = _source_of(name)
        if source is None:
            return None
        total.update(f"{name}\n".encode())
        total.update(source[0])
    return total.digest()


@cache
def _source_of(module: str) -> tuple[bytes, tuple[str, ...]] | None:
    """Digest of a module's source, and the names of the modules it imports."""
    loaded = sys.modules[module]
    file = getattr(loaded, "__file__", None)
    if file is None:
        return None
    try:
        text = _read(loaded, file)
        if _STARTED_S < os.stat(file).st_mtime <= time.time():
            return None
    except FileNotFoundError:
        return None
    except NotADirectoryError:  # within an archive
        pass
    return sha256(text).digest(), tuple(dict.fromkeys(_imports(text.decode("utf-8", "replace"))))


def _read(module: ModuleType, file: str) -> bytes:
    """A module's source, from an archive too."""
    loader: Any = getattr(module, "__loader__", None)
    if hasattr(loader, "get_data"):
        return loader.get_data(file)
    with open(file, "rb") as source:
        return source.read()


def _imports(text: str) -> Iterator[str]:
    """Loaded modules that a source names in its imports."""
    for package, names, modules in _IMPORT.findall(text):
        candidates = [package, *(f"{package}.{name}" for name in _NAME.findall(names))] if package else []
        for name in candidates or _NAME.findall(modules):
            if isinstance(sys.modules.get(name), ModuleType):
                yield name


def _is_followed(name: str, kernel_module: str) -> bool:
    top = name.partition(".")[0]
    if top in (_HOME, kernel_module.partition(".")[0]):
        return True
    if top in sys.stdlib_module_names:
        return False
    file = getattr(sys.modules[name], "__file__", None)
    return file is not None and not _INSTALLED.intersection(PurePath(file).parts)
