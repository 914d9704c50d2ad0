"""Reading and writing configs: nested frozen dataclasses to and from plain dictionaries and JSON files."""

import dataclasses
import json
import os
import types
import typing
from numbers import Integral, Real
from pathlib import Path
from typing import Any, TypeVar

from drivesim.errors import ConfigError, FileFormatError, hint

Config = TypeVar("Config")

CONFIG_FILE_LIMIT_BYTES = 1_000_000
_PLAIN: dict[Any, Any] = {float: Real, int: Integral, str: str, bool: bool}
"""What is accepted for a field of a plain type."""


def to_dict(config: Any) -> Any:
    """The config as JSON-ready dictionaries and lists. Of an object that is no config, its `key` stays."""
    if dataclasses.is_dataclass(config) and not isinstance(config, type):
        return {field.name: to_dict(getattr(config, field.name)) for field in dataclasses.fields(config)}
    if isinstance(config, list | tuple):
        return [to_dict(item) for item in config]
    return getattr(config, "key", config) if not isinstance(config, dict) else config


def from_dict(cls: type[Config], values: dict[str, Any], *, path: str = "") -> Config:
    """Builds a config from plain values; keys that are absent keep their default.

    Raises:
        ConfigError: A key is unknown (the nearest one is named) or a value has the wrong type.
    """
    where = path or cls.__name__
    if not isinstance(values, dict):
        raise ConfigError(f"{where}: expected a dictionary, got {type(values).__name__} {values!r}")
    if hasattr(cls, "variant"):
        cls = cls.variant(values, where)  # type: ignore[attr-defined]  # a family of configs, told apart by `type`
    hints = typing.get_type_hints(cls)
    names = [field.name for field in dataclasses.fields(cls)]  # type: ignore[arg-type]  # any config dataclass
    for key in values:
        if key not in names:
            raise ConfigError(f"{where}: unknown key {key!r}; {hint(str(key), names)}")
    return cls(**{key: _convert(hints[key], value, f"{where}.{key}") for key, value in values.items()})


def _convert(target: Any, value: Any, path: str) -> Any:
    if dataclasses.is_dataclass(target) and isinstance(target, type):
        return value if isinstance(value, target) else from_dict(target, value, path=path)
    origin, arguments = typing.get_origin(target), typing.get_args(target)
    if origin in (types.UnionType, typing.Union):
        if any(isinstance(value, argument) for argument in arguments if argument not in _PLAIN):
            return value
        if value is None and type(None) in arguments:
            return None
        return _convert(next(a for a in arguments if a is not type(None)), value, path)
    if origin is tuple:
        if not isinstance(value, list | tuple):
            raise ConfigError(f"{path}: expected a list, got {value!r}")
        if arguments[-1] is Ellipsis:
            return tuple(_convert(arguments[0], item, f"{path}[{i}]") for i, item in enumerate(value))
        if len(value) != len(arguments):
            raise ConfigError(f"{path}: expected {len(arguments)} values, got {value!r}")
        return tuple(
            _convert(a, item, f"{path}[{i}]") for i, (a, item) in enumerate(zip(arguments, value, strict=True))
        )
    return _plain(target, value, path)


def _plain(target: Any, value: Any, path: str) -> Any:
    accepted = _PLAIN[target]
    if not isinstance(value, accepted) or (isinstance(value, bool) and target is not bool):
        raise ConfigError(f"{path}: expected {target.__name__}, got {type(value).__name__} {value!r}")
    try:
        return target(value)
    except OverflowError:
        raise ConfigError(f"{path}: {target.__name__} out of range, got {str(value)[:20]}...") from None


def replace(config: Config, **changes: Any) -> Config:
    """A copy with some fields changed; refuses unknown keys as `from_dict` does.

    A dictionary given for a field that holds a config changes only the keys it names.
    """
    return _replace(config, changes)


def _replace(config: Any, changes: dict[Any, Any]) -> Any:
    names = [field.name for field in dataclasses.fields(config)]
    hints = typing.get_type_hints(type(config))
    converted = {}
    for key, value in changes.items():
        if key not in names:
            raise ConfigError(f"{type(config).__name__}: unknown key {key!r}; {hint(str(key), names)}")
        current = getattr(config, key)
        if dataclasses.is_dataclass(current) and isinstance(value, dict):
            converted[key] = _replace(current, value)
        else:
            converted[key] = _convert(hints[key], value, f"{type(config).__name__}.{key}")
    return dataclasses.replace(config, **converted)


def load(cls: type[Config], file: str | os.PathLike[str]) -> Config:
    """Reads a config from a JSON file; keys that are absent keep their default.

    Raises:
        FileFormatError: The file is missing, too large or not JSON; the message names the line.
        ConfigError: The content does not fit `cls`.
    """
    return from_dict(cls, load_values(file))


def load_values(file: str | os.PathLike[str]) -> dict[str, Any]:
    """Reads the plain values of a JSON config file, unchecked.

    Raises:
        FileFormatError: The file is missing, too large, not a JSON object (the message names the line), or one with a
            key twice.
    """
    path = Path(file)
    if not path.is_file():
        raise FileFormatError(f"{path}: no such config file")
    if path.stat().st_size > CONFIG_FILE_LIMIT_BYTES:
        raise FileFormatError(f"{path}: larger than {CONFIG_FILE_LIMIT_BYTES} bytes")
    try:
        # From bytes: a byte-order mark, as editors on Windows leave one, then names the encoding.
        values = json.loads(path.read_bytes(), object_pairs_hook=_without_duplicates)
    except (ValueError, RecursionError) as error:
        raise FileFormatError(f"{path}: not a JSON config: {error}") from error
    if not isinstance(values, dict):
        raise FileFormatError(f"{path}: not a JSON config: expected an object, got {type(values).__name__}")
    return values


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"key {next(key for key in keys if keys.count(key) > 1)!r} is there twice")
    return values


def save(config: Any, file: str | os.PathLike[str]) -> None:
    """Writes a config as JSON under its final name only once it is complete."""
    path = Path(file)
    partial = path.with_name(path.name + ".partial")
    try:
        partial.write_text(json.dumps(to_dict(config), indent=2) + "\n", encoding="utf-8")
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
