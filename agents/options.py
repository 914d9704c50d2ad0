"""Command line options made from argument classes: a field is an option, the docstring below it is its help.

| annotation | on the command line |
|---|---|
| `int`, `float`, `str` | `--seed 3` |
| `bool` | `--watch`, `--no-watch` |
| `tuple[int, int]` | `--size 640 480` |
| `tuple[str, ...]` | `--suite lane highway` |
| `dict[str, float]` | `--weights semantic=0.5 lane=2` |
| `Literal["info", "draw"]` | one of these words |
| `X | None` | an `X`, or the word `none` |
| `tuple[str, ...] | None` | `--suite lane highway`; `--suite` alone is an empty tuple, and no `--suite` none |
| `Annotated[X, POSITIONAL]` | an `X` without an option's name, in the order of the fields |
| a dataclass | its fields, behind its own name and a dot: `--network.width 128` |
| a tuple of dataclasses | no option |
"""

import argparse
import ast
import dataclasses
import difflib
import inspect
import itertools
import textwrap
import types
import typing
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, NoReturn, TypeVar

from drivesim.errors import ConfigError, hint

Arguments = TypeVar("Arguments")

POSITIONAL: Final = "positional"
"""Annotation of a field that is given without an option's name."""
_PLAIN = {int: ("an integer", "INT"), float: ("a number", "FLOAT"), str: ("text", "STR")}
_NEAR = 0.6
"""Options less alike than this are no hint."""
_HELP_COLUMN = 30


def parse(cls: type[Arguments], words: Sequence[str], *, prog: str) -> Arguments:
    """Builds an argument class from the words of a command line; fields nobody names keep their default.

    `--help` prints the options and ends the program.

    Args:
        cls: A dataclass whose fields all have a default.
        words: The words behind the command.
        prog: The command, for the help.

    Raises:
        ConfigError: A word is unknown (the nearest option is named), a value is missing, cannot be read, or is refused
            by the class.
    """
    defaults = cls()
    parser = _Parser(
        prog=prog, usage=f"{prog} [OPTIONS]", description=_summary(cls), formatter_class=_Formatter, allow_abbrev=False
    )
    actions = list(_add_fields(parser, parser, defaults, ""))
    words = [_hyphenated(word) for word in words]
    # Before argparse, which would take the value of a misspelt option for a positional word.
    _check_options(words, ["-h", "--help", *(name for action in actions for name in action.option_strings)])
    given, unexpected = parser.parse_known_args(words)
    if unexpected:
        raise ConfigError(f"unexpected word {unexpected[0]!r}")
    return _changed(defaults, vars(given), "")


class _Parser(argparse.ArgumentParser):
    """Raises what argparse would print."""

    def error(self, message: str) -> NoReturn:
        raise ConfigError(message.removeprefix("argument "))


class _Formatter(argparse.HelpFormatter):
    """Leaves room for names of options like ours."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=_HELP_COLUMN)


def _add_fields(parser: argparse.ArgumentParser, group: Any, arguments: Any, prefix: str) -> Iterator[argparse.Action]:
    """Adds an option per field; those of nested dataclasses form groups of their own."""
    told, annotations = _docstrings(type(arguments)), typing.get_type_hints(type(arguments), include_extras=True)
    for field in dataclasses.fields(arguments):
        annotation, default, text = annotations[field.name], getattr(arguments, field.name), told.get(field.name, "")
        if dataclasses.is_dataclass(default):
            nested = parser.add_argument_group(f"{prefix}{field.name} options", _escaped(text))
            yield from _add_fields(parser, nested, default, f"{prefix}{field.name}.")
            continue
        if dataclasses.is_dataclass(_items(annotation)[0]):
            continue
        place = {"dest": prefix + field.name, "default": argparse.SUPPRESS}
        place["help"] = _escaped(f"{text} (default: {_shown(default)})")
        if typing.get_origin(annotation) is typing.Annotated:
            annotation, *marks = typing.get_args(annotation)
            if POSITIONAL in marks:
                parser.usage = f"{parser.usage} [{_metavar(annotation)}]"
                # Unlike an option's, this default is read like a word.
                place["default"] = default
                yield group.add_argument(place.pop("dest"), nargs="?", type=_reader(annotation), **place)
                continue
        option = f"--{prefix}{field.name}".replace("_", "-")
        if annotation is bool:
            yield group.add_argument(option, action=argparse.BooleanOptionalAction, **place)
        else:
            item, count = _items(annotation)
            yield group.add_argument(option, type=_reader(item), nargs=count, metavar=_metavar(item), **place)


def _items(annotation: Any) -> tuple[Any, int | str | None]:
    """What one word of an option is, and how many words it takes (None: a single one, no list)."""
    if typing.get_origin(annotation) is dict:
        return annotation, "*"
    annotation = _tuple_of(annotation)
    if typing.get_origin(annotation) is not tuple:
        return annotation, None
    item, *others = typing.get_args(annotation)
    if others == [Ellipsis]:
        return item, "*"
    if any(other is not item for other in others):
        raise TypeError(f"an option's values share one type, got {annotation}")
    return item, 1 + len(others)


def _tuple_of(annotation: Any) -> Any:
    """The tuple of `tuple[...] | None`; everything else as it is."""
    choices = typing.get_args(annotation)
    if typing.get_origin(annotation) not in (types.UnionType, typing.Union) or type(None) not in choices:
        return annotation
    return next((choice for choice in choices if typing.get_origin(choice) is tuple), annotation)


def _reader(annotation: Any) -> Callable[[str], Any]:
    """A function that turns a word into a value; argparse puts the option's name in front of what it raises."""
    origin, choices = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Literal:
        return lambda word: _one_of(word, choices)
    if origin in (types.UnionType, typing.Union) and type(None) in choices:
        (inner,) = (choice for choice in choices if choice is not type(None))
        read = _reader(inner)
        return lambda word: None if word.lower() == "none" else read(word)
    if origin is dict and choices[0] is str and choices[1] in (int, float):
        return lambda word: _entry(choices[1], word)
    if annotation not in _PLAIN:
        raise TypeError(f"no option can hold {annotation}")
    return lambda word: _plain(annotation, word)


def _plain(kind: type, word: str) -> Any:
    try:
        return kind(word)
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected {_PLAIN[kind][0]}, got {word!r}") from None


def _entry(kind: type, word: str) -> tuple[str, Any]:
    name, equals, value = word.partition("=")
    if not name or not equals:
        raise argparse.ArgumentTypeError(f"expected NAME={_PLAIN[kind][1]}, got {word!r}")
    try:
        return name, kind(value)
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected {_PLAIN[kind][0]} for {name!r}, got {value!r}") from None


def _one_of(word: str, choices: Sequence[str]) -> str:
    if word not in choices:
        near = hint(word, choices)
        also = f"; {near}" if near.startswith("did") else ""
        raise argparse.ArgumentTypeError(f"expected one of {', '.join(choices)}, got {word!r}{also}")
    return word


def _metavar(annotation: Any) -> str:
    choices = typing.get_args(annotation)
    if typing.get_origin(annotation) is typing.Literal:
        return "|".join(choices)
    if typing.get_origin(annotation) is dict:
        return f"NAME={_metavar(choices[1])}"
    return "|".join(_metavar(choice) for choice in choices) if choices else _PLAIN.get(annotation, ("", "NONE"))[1]


def _changed(arguments: Arguments, given: dict[str, Any], prefix: str) -> Arguments:
    """The arguments with the values that were given, by dotted name of the field."""
    changes: dict[str, Any] = {}
    for field in dataclasses.fields(arguments):  # type: ignore[arg-type]  # any argument class
        name, value = prefix + field.name, getattr(arguments, field.name)
        if dataclasses.is_dataclass(value):
            changes[field.name] = _changed(value, given, f"{name}.")
        elif name in given:
            words = given[name]
            kind = tuple if value is None else type(value)
            changes[field.name] = kind(words) if isinstance(words, list) else words
    return dataclasses.replace(arguments, **changes)  # type: ignore[type-var]  # any argument class


def _hyphenated(word: str) -> str:
    """`--map_count=3` as `--map-count=3`."""
    name, equals, value = word.partition("=")
    return name.replace("_", "-") + equals + value if name.startswith("--") else word


def _check_options(words: Sequence[str], known: Sequence[str]) -> None:
    """Raises `ConfigError` for the first word that looks like an option and is none."""
    for word in words:
        name = word.partition("=")[0]
        if name.startswith("--") and name not in known:
            near = difflib.get_close_matches(name, known, n=1, cutoff=_NEAR)
            raise ConfigError(f"unknown option {name!r}" + (f"; did you mean {near[0]!r}?" if near else ""))


def _docstrings(cls: type) -> dict[str, str]:
    """What the source says below each field, of the class and of those it extends, on one line each."""
    told = {}
    for owner in reversed(cls.__mro__):
        try:
            source = textwrap.dedent(inspect.getsource(owner))
        except (OSError, TypeError):  # a class that no file holds
            continue
        body = typing.cast(ast.ClassDef, ast.parse(source).body[0]).body
        for node, below in itertools.pairwise(body):
            if isinstance(node, ast.AnnAssign) and isinstance(below, ast.Expr):
                text = getattr(below.value, "value", None)
                if isinstance(node.target, ast.Name) and isinstance(text, str):
                    told[node.target.id] = " ".join(text.split())
    return told


def _summary(cls: type) -> str:
    return _escaped((inspect.getdoc(cls) or "").partition("\n\n")[0])


def _shown(value: Any) -> str:
    """A default as it would be typed."""
    if isinstance(value, tuple):
        return " ".join(map(_shown, value)) or "empty"
    if isinstance(value, dict):
        return " ".join(f"{name}={_shown(number)}" for name, number in value.items()) or "empty"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else "none" if value is None else str(value) or "empty"


def _escaped(text: str) -> str:
    """Text as argparse's formatter takes it."""
    return text.replace("%", "%%")
