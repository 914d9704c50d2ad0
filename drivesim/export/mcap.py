"""MCAP files: uncompressed chunks with an index (https://mcap.dev/spec, version 0)."""

import struct
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

MAGIC = b"\x89MCAP0\r\n"
CHUNK_BYTES = 4 * 1024 * 1024
"""A chunk ends with the message that fills it."""
(
    HEADER, FOOTER, SCHEMA, CHANNEL, MESSAGE, CHUNK, MESSAGE_INDEX, CHUNK_INDEX,
) = range(1, 9)  # fmt: skip
STATISTICS, SUMMARY_OFFSET, DATA_END = 0x0B, 0x0E, 0x0F


class _ChunkPlace(NamedTuple):
    start: int
    length: int
    first_ns: int
    last_ns: int
    size: int
    indexes: dict[int, int]
    """Where the message index of each channel is."""
    indexes_length: int


class McapFile:
    """Writes a file. Schemas and channels are numbered as they are declared, so equal calls give equal bytes.

    Args:
        file: Where to.
        library: What writes it.
    """

    def __init__(self, file: Path, *, library: str = "drivesim") -> None:
        self._stream = file.open("wb")
        self._at = 0
        self._write(MAGIC + _record(HEADER, _text("") + _text(library)))
        self._schemas: dict[str, tuple[int, bytes]] = {}
        self._channels: dict[str, tuple[int, bytes]] = {}
        self._chunk = bytearray()
        self._index: dict[int, list[tuple[int, int]]] = {}
        self._span: tuple[int, int] | None = None
        self._places: list[_ChunkPlace] = []
        self._counts: dict[int, int] = {}

    def channel(self, topic: str, schema: str, schema_json: bytes) -> None:
        """Declares a topic of JSON messages; once for each topic.

        Args:
            topic: Its name.
            schema: Name of the schema, which several topics may share.
            schema_json: The JSON schema.
        """
        if schema not in self._schemas:
            number = len(self._schemas) + 1
            body = struct.pack("<H", number) + _text(schema) + _text("jsonschema") + _block(schema_json)
            self._schemas[schema] = number, _record(SCHEMA, body)
            self._chunk += self._schemas[schema][1]
        number = len(self._channels) + 1
        body = struct.pack("<HH", number, self._schemas[schema][0]) + _text(topic) + _text("json") + _block(b"")
        self._channels[topic] = number, _record(CHANNEL, body)
        self._chunk += self._channels[topic][1]

    def message(self, topic: str, time_ns: int, data: bytes) -> None:
        """Adds a message of a declared topic; times need not rise."""
        number = self._channels[topic][0]
        sequence = self._counts.get(number, 0)
        self._counts[number] = sequence + 1
        self._index.setdefault(number, []).append((time_ns, len(self._chunk)))
        self._chunk += _record(MESSAGE, struct.pack("<HIQQ", number, sequence, time_ns, time_ns) + data)
        low, high = self._span or (time_ns, time_ns)
        self._span = min(low, time_ns), max(high, time_ns)
        if len(self._chunk) >= CHUNK_BYTES:
            self._end_chunk()

    def close(self) -> None:
        """Ends the file with its summary."""
        self._end_chunk()
        self._write(_record(DATA_END, struct.pack("<I", 0)))
        start = self._at
        summary, offsets = bytearray(), bytearray()
        groups = {
            SCHEMA: [record for _, record in self._schemas.values()],
            CHANNEL: [record for _, record in self._channels.values()],
            STATISTICS: [self._statistics()],
            CHUNK_INDEX: [_chunk_index(place) for place in self._places],
        }
        for opcode, records in groups.items():
            group = b"".join(records)
            if group:
                offsets += _record(SUMMARY_OFFSET, struct.pack("<BQQ", opcode, start + len(summary), len(group)))
                summary += group
        footer = struct.pack("<QQ", start, start + len(summary))
        body = bytes(summary + offsets) + struct.pack("<BQ", FOOTER, 20) + footer
        self._write(body + struct.pack("<I", zlib.crc32(body)) + MAGIC)
        self._stream.close()

    def _end_chunk(self) -> None:
        if not self._chunk:
            return
        first, last = self._span or (0, 0)
        records = bytes(self._chunk)
        head = struct.pack("<QQQI", first, last, len(records), zlib.crc32(records)) + _text("")
        chunk = _record(CHUNK, head + struct.pack("<Q", len(records)) + records)
        start = self._at
        self._write(chunk)
        indexes, after = {}, self._at
        for number, places in self._index.items():
            indexes[number] = self._at
            rows = b"".join(struct.pack("<QQ", *place) for place in places)
            self._write(_record(MESSAGE_INDEX, struct.pack("<H", number) + _block(rows)))
        self._places.append(_ChunkPlace(start, len(chunk), first, last, len(records), indexes, self._at - after))
        self._chunk, self._index, self._span = bytearray(), {}, None

    def _statistics(self) -> bytes:
        first = min((place.first_ns for place in self._places), default=0)
        last = max((place.last_ns for place in self._places), default=0)
        counts = sum(self._counts.values())
        body = struct.pack(
            "<QHIIIIQQ", counts, len(self._schemas), len(self._channels), 0, 0, len(self._places), first, last
        )
        return _record(STATISTICS, body + _numbers(self._counts))

    def _write(self, data: bytes) -> None:
        self._stream.write(data)
        self._at += len(data)


def _chunk_index(place: _ChunkPlace) -> bytes:
    head = struct.pack("<QQQQ", place.first_ns, place.last_ns, place.start, place.length)
    rest = struct.pack("<Q", place.indexes_length) + _text("") + struct.pack("<QQ", place.size, place.size)
    return _record(CHUNK_INDEX, head + _numbers(place.indexes) + rest)


def _record(opcode: int, body: bytes) -> bytes:
    return struct.pack("<BQ", opcode, len(body)) + body


def _block(data: bytes) -> bytes:
    return struct.pack("<I", len(data)) + data


def _text(text: str) -> bytes:
    return _block(text.encode())


def _numbers(values: Mapping[int, int]) -> bytes:
    return _block(b"".join(struct.pack("<HQ", key, value) for key, value in values.items()))
