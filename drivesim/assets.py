"""Files that ship with the project: the checkout's `assets/` folder, or its copy inside an installed wheel."""

from pathlib import Path

from drivesim.errors import FileFormatError, hint

_PACKAGE = Path(__file__).resolve().parent
_ROOTS = (_PACKAGE / "_assets", _PACKAGE.parent / "assets")


def root() -> Path:
    """The assets folder.

    Raises:
        FileFormatError: The installation has none.
    """
    for folder in _ROOTS:
        if folder.is_dir():
            return folder
    raise FileFormatError(f"assets: this installation has none; looked in {', '.join(map(str, _ROOTS))}")


def path(name: str) -> Path:
    """Where the asset `name`, a path below `assets/` such as "models/driver.safetensors", lies on this machine.

    Raises:
        FileFormatError: There is no such asset; the nearest one is named.
    """
    folder = root()
    found = (folder / name).resolve()
    if not found.exists() or not found.is_relative_to(folder.resolve()):
        known = [file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()]
        raise FileFormatError(f"assets: no asset {name!r}; {hint(name, known)}")
    return found
