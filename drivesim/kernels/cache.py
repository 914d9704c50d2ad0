"""Compiled kernels on the disk, one file each, named by a digest of all that their machine code follows from.

That is: the sources (`kernels.sources`), the types of the arguments down to the names of their fields, the processor,
and the versions and settings of Numba. What does not match is not found, so an edit can never run old code, in whatever
folder it lies, and there is no index for two processes to overwrite. Files appear whole under their names; code that
nobody has used for a while is removed when new code is kept.

Numba's own cache watches one source file only, and keeps an index that processes compiling at once can mix up.
"""

import contextlib
import logging
import os
import pickle
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, final
from uuid import uuid4

import llvmlite
import numba
import numpy as np
from numba.core import types
from numba.core.caching import _Cache
from numba.core.compiler import CompileResult
from numba.core.serialize import dumps

from drivesim.kernels.places import places_for, writable_place_for
from drivesim.kernels.sources import digest_of
from drivesim.kernels.views import ViewType

try:
    import fcntl
except ImportError:  # Windows: two processes may compile the same, and keep the same
    fcntl = None

LOG = logging.getLogger(__name__)
UNUSED_DAYS = 30
"""Code that no process has loaded for this long is removed."""
VERSIONS_KEPT = 8
"""Of one kernel, for several types of arguments and some earlier sources: going back to those costs nothing."""
_DAY_S = 86_400.0
_SUFFIX = ".nbc"
_DIGEST_BYTES = 32
_NO_CODE_FOLLOWS = ("NUMBA_CACHE_DIR", "NUMBA_DEBUG_CACHE", "NUMBA_NUM_THREADS")
"""Settings of Numba that machine code does not depend on."""


@final
class KernelCache(_Cache):
    """The compiled versions of one function. Numba's dispatcher asks it before it compiles, and hands it the result.

    Args:
        function: The function as Python sees it.
        modules: Modules whose sources, with all they import, the code is compiled from.
    """

    def __init__(self, function: Callable[..., Any], modules: Iterable[str]) -> None:
        self._name = f"{function.__module__}.{function.__qualname__}".replace("<locals>.", "")
        self._modules = tuple(modules)
        self._source: str = getattr(sys.modules.get(function.__module__), "__file__", None) or ""
        self._enabled = True

    @property
    def cache_path(self) -> str | None:
        """Folder that code is looked for first."""
        return str(places_for(self._source)[0]) if self._source else None

    def load_overload(self, sig: tuple[types.Type, ...], target_context: Any) -> Any:
        """The compiled function for arguments of these types, or None."""
        target_context.refresh()
        file = self.find(sig, target_context)
        if file is None or not self._enabled:
            return None
        try:
            data = file.read_bytes()
        except OSError:  # removed by another process since
            return None
        digest, data = data[:_DIGEST_BYTES], data[_DIGEST_BYTES:]
        if sha256(data).digest() != digest:
            return None
        _mark_used(file)
        return CompileResult._rebuild(target_context, *pickle.loads(data))

    def save_overload(self, sig: tuple[types.Type, ...], data: Any) -> None:
        """Keeps a compiled function."""
        name = self._file_name(sig, data.target_context)
        if name is None or not self._enabled or data.library.has_dynamic_globals or data.lifted:
            return
        place = writable_place_for(self._source)
        if place is None:
            return
        code = dumps(data._reduce())
        try:
            _write(place / name, sha256(code).digest() + code)
            _tidy(place, self._name)
        except OSError as error:
            LOG.warning("compiled code could not be kept in %s: %s", place, error.strerror)

    def find(self, sig: tuple[types.Type, ...], target_context: Any) -> Path | None:
        """The file with the code for arguments of these types, if there is one."""
        name = self._file_name(sig, target_context)
        if name is None:
            return None
        return next((place / name for place in places_for(self._source) if (place / name).is_file()), None)

    def can_keep(self, sig: tuple[types.Type, ...], target_context: Any) -> bool:
        """Whether code for arguments of these types would be found by another process."""
        return self._file_name(sig, target_context) is not None and writable_place_for(self._source) is not None

    @contextlib.contextmanager
    def lock(self, sig: tuple[types.Type, ...], target_context: Any) -> Iterator[None]:
        """Keeps other processes out of this, for arguments of these types; the system frees it if this one dies."""
        name, place = self._file_name(sig, target_context), writable_place_for(self._source)
        if name is None or place is None or fcntl is None:
            yield
            return
        with open(place / f"{name}.lock", "ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def enable(self) -> None:
        """Reads and keeps compiled code."""
        self._enabled = True

    def disable(self) -> None:
        """Compiles anew."""
        self._enabled = False

    def flush(self) -> None:
        """Removes what is kept of this function."""
        for place in places_for(self._source) if self._source else ():
            for file in place.glob(f"{self._name}.*{_SUFFIX}"):
                file.unlink(missing_ok=True)

    def _file_name(self, sig: tuple[types.Type, ...], target_context: Any) -> str | None:
        """Name that code for these argument types has, wherever it lies; None if it must not be kept."""
        sources = [_digest_of(module) for module in self._modules]
        if not self._source or None in sources:
            return None
        arguments = ", ".join(describe(typ) for typ in sig)
        if " at 0x" in arguments:  # told by an address, which means something else to the next process
            return None
        told = repr((sources, self._name, arguments, target_context.codegen().magic_tuple(), _surroundings()))
        return f"{self._name}.{sha256(told.encode()).hexdigest()[:24]}{_SUFFIX}"


def describe(typ: Any) -> str:
    """A type in words; of named tuples with the names of their fields, since code depends on the order of those."""
    if isinstance(typ, ViewType):
        return f"view of {describe(typ.value)}"
    parts: Any = typ
    if isinstance(typ, types.BaseNamedTuple):
        inner = ", ".join(f"{name}: {describe(field)}" for name, field in zip(parts.fields, parts.types, strict=True))
        return f"{parts.instance_class.__module__}.{parts.instance_class.__qualname__}({inner})"
    if isinstance(typ, types.BaseTuple):
        return f"({', '.join(describe(field) for field in parts.types)})"
    return str(typ)


def is_compiled(kernel: Any, signature: tuple[types.Type, ...]) -> bool:
    """Whether a kernel need not be compiled for arguments of these types, or cannot be for other processes."""
    kept = getattr(kernel, "_cache", None)
    if not isinstance(kept, KernelCache) or signature in kernel.overloads:
        return True
    context = kernel.targetctx
    context.refresh()
    return kept.find(signature, context) is not None or not kept.can_keep(signature, context)


def compile_once(kernel: Any, signature: tuple[types.Type, ...]) -> None:
    """Compiles a kernel, unless another process is at it: then waits, and loads what that one has kept."""
    with kernel._cache.lock(signature, kernel.targetctx):
        kernel.compile(signature)


@cache
def _digest_of(module: str) -> bytes | None:
    return digest_of(module)


@cache
def _surroundings() -> tuple[Any, ...]:
    """Versions and settings that machine code depends on."""
    settings = sorted(
        item for item in os.environ.items() if item[0].startswith("NUMBA_") and item[0] not in _NO_CODE_FOLLOWS
    )
    return sys.version, numba.__version__, llvmlite.__version__, np.__version__, settings


def _write(file: Path, data: bytes) -> None:
    """Writes a file that appears whole; those who compile the same at once write the same."""
    partial = file.with_name(f"{file.name}.{uuid4().hex}.partial")
    try:
        partial.write_bytes(data)
        os.replace(partial, file)
    finally:
        partial.unlink(missing_ok=True)


def _mark_used(file: Path) -> None:
    """Sets a file's time to now, once a day; in a folder of another user it stays."""
    with contextlib.suppress(OSError):
        if time.time() - file.stat().st_mtime > _DAY_S:
            os.utime(file)


def _tidy(place: Path, name: str) -> None:
    """Removes what has not been used for long, and all but the latest versions of one function."""
    ages = {}
    for file in (*place.glob("*.nb[ci]"), *place.glob("*.partial"), *place.glob("*.lock")):
        with contextlib.suppress(OSError):
            ages[file] = time.time() - file.stat().st_mtime
    mine = sorted((file for file in ages if file.name.rsplit(".", 2)[0] == name), key=lambda file: ages[file])
    for file in {*mine[VERSIONS_KEPT:], *(file for file, age in ages.items() if age > UNUSED_DAYS * _DAY_S)}:
        with contextlib.suppress(OSError):
            file.unlink()
