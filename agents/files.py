"""Files that are there whole or not at all."""

import os
from pathlib import Path


def write_text(file: str | os.PathLike[str], text: str) -> Path:
    """`write_bytes` of UTF-8 text."""
    return write_bytes(file, text.encode())


def write_bytes(file: str | os.PathLike[str], content: bytes) -> Path:
    """Writes a file under its final name only once it is complete; makes the folder."""
    path = Path(file)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    try:
        partial.write_bytes(content)
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
    return path
