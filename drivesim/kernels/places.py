"""Folders that compiled kernels are kept in.

Beside the sources if possible, so that they go when the package goes; else where this user's caches are; else in the
folder for temporary files, which costs a line. `NUMBA_CACHE_DIR` comes before all.
"""

import logging
import os
import stat
import sys
import tempfile
from functools import cache
from hashlib import sha256
from importlib.util import cache_from_source
from pathlib import Path

from numba import config as numba_config

LOG = logging.getLogger(__name__)
_FOLDER = f"{__name__.partition('.')[0]}-kernels"


def places_for(source: str) -> tuple[Path, ...]:
    """Folders that compiled kernels of a source file may be read from, the best first; none need exist."""
    temporary = _temporary_place(source)
    return (*_lasting_places(source), *([temporary] if _is_private(temporary.parent) else []))


@cache
def writable_place_for(source: str) -> Path | None:
    """The first folder that takes files, which is made; None if all refuse. The log says where that is a surprise."""
    lasting = _lasting_places(source)
    for place in lasting:
        if _takes_files(place):
            return place
    refused = " and ".join(str(place) for place in lasting)
    temporary = _temporary_place(source)
    if _takes_files(temporary):
        _say(f"compiled kernels are kept in {temporary.parent}, since {refused} cannot be written to")
        return temporary
    _say(f"every process compiles its kernels anew, since {refused} and {temporary.parent} cannot be written to")
    return None


def _lasting_places(source: str) -> tuple[Path, ...]:
    chosen, below = getattr(numba_config, "CACHE_DIR", ""), _subfolder(source)
    if chosen:
        return (Path(chosen, below),)
    user = _user_cache()
    return (Path(cache_from_source(source)).parent, *([user / _FOLDER / below] if user is not None else []))


def _temporary_place(source: str) -> Path:
    user = f"-{os.getuid()}" if hasattr(os, "getuid") else ""
    return Path(tempfile.gettempdir(), f"{_FOLDER}{user}", _subfolder(source))


def _subfolder(source: str) -> str:
    """Name of a folder for the kernels of one folder of sources."""
    folder = os.path.dirname(os.path.abspath(source))
    return f"{os.path.basename(folder)}_{sha256(folder.encode()).hexdigest()[:16]}"


def _user_cache() -> Path | None:
    """The folder for caches of this user, as each system has it."""
    try:
        home = Path.home()
    except RuntimeError:
        return None
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    if sys.platform == "darwin":
        return home / "Library" / "Caches"
    named = os.environ.get("XDG_CACHE_HOME", "")
    return Path(named) if os.path.isabs(named) else home / ".cache"


def _takes_files(place: Path) -> bool:
    try:
        if place.parent == _temporary_place("").parent:
            place.parent.mkdir(mode=0o700, exist_ok=True)
            if not _is_private(place.parent):
                return False
        place.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=place).close()
    except OSError:
        return False
    return True


def _is_private(folder: Path) -> bool:
    """Whether only this user may write to a folder: compiled code is run unseen."""
    try:
        found = folder.lstat()
    except OSError:
        return False
    if not hasattr(os, "getuid"):
        return True
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o022


@cache
def _say(line: str) -> None:
    """Logs a line once."""
    LOG.warning(line)
