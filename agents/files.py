"""Text files that are there whole or not at all."""

import os
from pathlib import Path


def write_text(file: str | os.PathLike[str], text: str) -> Path:
    """Writes UTF-8 text under its final name only once it is complete; makes the folder."""
    path = Path(file)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    try:
        partial.write_text(text, encoding="utf-8")
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
    return path
