"""XML from strangers: elements with their lines, no entities, no document types, bounded size and depth."""

import gzip
import math
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from drivesim.errors import FileFormatError

BYTES_MAX = 96 * 1024 * 1024
"""Longest file, unpacked [bytes]."""
ELEMENTS_MAX = 3_000_000
DEPTH_MAX = 64
_CHUNK = 1 << 20


@dataclass(slots=True)
class Element:
    """An element and where it stands."""

    tag: str
    values: dict[str, str]
    line: int
    document: str
    children: list["Element"] = field(default_factory=list)
    text: str = ""

    def all(self, *tags: str) -> Iterator["Element"]:
        """Children with one of these tags, in order."""
        return (child for child in self.children if child.tag in tags)

    def one(self, *path: str) -> "Element | None":
        """The first child with a tag, or of such a child, and so on; None where there is none."""
        found: Element | None = self
        for tag in path:
            found = next(found.all(tag), None) if found is not None else None
        return found

    def get(self, name: str, default: str = "") -> str:
        """An attribute's text."""
        return self.values.get(name, default)

    def number(self, name: str, default: float | None = None) -> float:
        """An attribute as a finite number.

        Raises:
            FileFormatError: It is missing without default, no number, or not finite.
        """
        text = self.values.get(name)
        if text is None or not text.strip():
            if default is not None:
                return default
            raise self.error(f"has no {name}")
        try:
            value = float(text)
        except ValueError:
            raise self.error(f"{name}: expected a number, got {text[:40]!r}") from None
        if not math.isfinite(value) or abs(value) > 1e12:
            raise self.error(f"{name}: expected a finite number, got {text[:40]!r}")
        return value

    def integer(self, name: str, default: int | None = None) -> int:
        """An attribute as an integer.

        Raises:
            FileFormatError: It is missing without default, or no integer below 2^31.
        """
        value = self.number(name, None if default is None else float(default))
        if value != int(value) or abs(value) >= 2**31:
            raise self.error(f"{name}: expected an integer, got {self.get(name)[:40]!r}")
        return int(value)

    @property
    def place(self) -> str:
        """Where it stands, for people."""
        name = self.values.get("id")
        return f"line {self.line}, <{self.tag}{f' id={name[:40]!r}' if name is not None else ''}>"

    def error(self, message: str) -> FileFormatError:
        """An error that says where it is."""
        return FileFormatError(f"{self.document}: {self.place}: {message}")


def read_document(path: str | Path) -> Element:
    """The root element of an XML file, which may be packed by gzip.

    Raises:
        FileFormatError: It is empty, too large or deep, not XML, or has a document type or entities.
        OSError: It cannot be read.
    """
    path = Path(path)
    data = _unpacked(path)
    if not data.strip():
        raise FileFormatError(f"{path}: line 1: the file is empty")
    rest = _from_declaration(data)
    return _Builder(str(path), data[: len(data) - len(rest)].count(b"\n")).parse(rest)


def _unpacked(path: Path) -> bytes:
    with path.open("rb") as file:
        data = file.read(BYTES_MAX + 1)
    if data[:2] == b"\x1f\x8b":
        try:
            with gzip.open(path, "rb") as file:
                data = file.read(BYTES_MAX + 1)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise FileFormatError(f"{path}: cannot be unpacked: {error}") from error
    if len(data) > BYTES_MAX:
        raise FileFormatError(f"{path}: is longer than {BYTES_MAX // 1024 // 1024} MiB")
    return data


def _from_declaration(data: bytes) -> bytes:
    """The document without comments and blanks before its declaration: they are there in real files."""
    at = data.find(b"<?xml")
    before = data[:at].removeprefix(b"\xef\xbb\xbf") if at > 0 else b""
    rest = before
    while rest.strip():
        first, closing, rest = rest.partition(b"-->")
        if not first.strip().startswith(b"<!--") or not closing:
            return data
    return data[max(at, 0) :]


class _Builder:
    def __init__(self, document: str, lines_before: int) -> None:
        self._document = document
        self._lines_before = lines_before
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._parser.EntityDeclHandler = self._refuse
        self._open: list[Element] = []
        self._root: Element | None = None
        self._count = 0

    def parse(self, data: bytes) -> Element:
        try:
            for at in range(0, len(data), _CHUNK):
                self._parser.Parse(data[at : at + _CHUNK], False)
            self._parser.Parse(b"", True)
        except expat.ExpatError as error:
            last = f" within <{self._open[-1].tag}>" if self._open else ""
            message = expat.ErrorString(error.code)
            raise FileFormatError(
                f"{self._document}: line {error.lineno + self._lines_before}{last}: {message}"
            ) from None
        assert self._root is not None, "a document without error has a root"
        return self._root

    @property
    def _line(self) -> int:
        return self._parser.CurrentLineNumber + self._lines_before

    def _start(self, tag: str, values: dict[str, str]) -> None:
        self._count += 1
        line = self._line
        if self._count > ELEMENTS_MAX or len(self._open) >= DEPTH_MAX:
            raise FileFormatError(
                f"{self._document}: line {line}, <{tag}>: more than {ELEMENTS_MAX} elements or {DEPTH_MAX} levels"
            )
        # Exporters disagree about name spaces; OpenDRIVE has no two elements that differ in nothing else.
        element = Element(tag.rpartition(":")[2], values, line, self._document)
        if self._open:
            self._open[-1].children.append(element)
        else:
            self._root = element
        self._open.append(element)

    def _end(self, tag: str) -> None:
        self._open.pop()

    def _text(self, data: str) -> None:
        if self._open and len(self._open[-1].text) < 65536:
            self._open[-1].text += data

    def _refuse(self, *_: object) -> None:
        raise FileFormatError(f"{self._document}: line {self._line}: document types and entities are not accepted")
