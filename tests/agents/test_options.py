"""Options of the command line: what every kind of field takes, and what it answers to mistakes."""

import argparse
import dataclasses
import re
from typing import Annotated, Literal

import pytest

from agents import cli, options
from agents.options import POSITIONAL
from drivesim.errors import ConfigError, check_range


@dataclasses.dataclass(frozen=True, kw_only=True)
class Engine:
    """An engine."""

    power_kw: float = 80.0
    """Power [kW]."""
    electric: bool = False
    """Runs on 100 % electricity."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Vehicle:
    """A vehicle."""

    wheels: int = 4
    """Wheels."""
    engine: Engine = Engine(power_kw=50.0)
    """What drives it."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Args(Vehicle):
    """An example.

    Not part of the help.
    """

    action: Annotated[Literal["info", "draw"], POSITIONAL] = "info"
    """What to do."""
    size: tuple[int, int] = (4, 3)
    """Width and height."""
    names: tuple[str, ...] = ("a",)
    """Names."""
    road: int | None = None
    """A road,
    on two lines."""
    loud: bool = True
    shares: dict[str, float] = dataclasses.field(default_factory=lambda: {"left": 0.5})
    """Shares by name."""
    counts: dict[str, int] = dataclasses.field(default_factory=dict)
    """Counts by name."""

    def __post_init__(self) -> None:
        check_range("wheels", self.wheels, 1, 18)


def parse(*words: str) -> Args:
    return options.parse(Args, words, prog="test")


def test_without_words_everything_keeps_its_default():
    assert parse() == Args()


@pytest.mark.parametrize(
    ("words", "changes"),
    [
        (["--wheels", "6"], {"wheels": 6}),
        (["--wheels=6"], {"wheels": 6}),
        (["--wheels", "6", "--wheels", "8"], {"wheels": 8}),
        (["draw"], {"action": "draw"}),
        (["--size", "640", "480", "draw"], {"size": (640, 480), "action": "draw"}),
        (["--names", "x", "y"], {"names": ("x", "y")}),
        (["--names"], {"names": ()}),
        (["--road", "7"], {"road": 7}),
        (["--road", "-7"], {"road": -7}),
        (["--road", "none"], {"road": None}),
        (["--no-loud"], {"loud": False}),
        (["--shares", "semantic=0.5", "lane=2"], {"shares": {"semantic": 0.5, "lane": 2.0}}),
        (["--shares=tail_light=-1e-3"], {"shares": {"tail_light": -0.001}}),
        (["--shares", "a=1", "a=2"], {"shares": {"a": 2.0}}),
        (["--shares"], {"shares": {}}),
        (["--counts", "a=3"], {"counts": {"a": 3}}),
        (["--engine.power-kw", "9.5"], {"engine": Engine(power_kw=9.5)}),
        (["--engine.power_kw=9.5"], {"engine": Engine(power_kw=9.5)}),
        (["--engine.electric"], {"engine": Engine(power_kw=50.0, electric=True)}),
    ],
    ids=" ".join,
)
def test_an_option_changes_its_field_and_no_other(words, changes):
    assert parse(*words) == dataclasses.replace(Args(), **changes)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--wheel", "6"], "unknown option '--wheel'; did you mean '--wheels'?"),
        (["--power-kw=3"], "unknown option '--power-kw'; did you mean '--engine.power-kw'?"),
        (["--xyzzy"], "unknown option '--xyzzy'"),
        (["draw", "info"], "unexpected word 'info'"),
        (["drw"], "action: expected one of info, draw, got 'drw'; did you mean 'draw'?"),
        (["--wheels", "four"], "--wheels: expected an integer, got 'four'"),
        (["--wheels", "4.5"], "--wheels: expected an integer, got '4.5'"),
        (["--wheels"], "--wheels: expected one argument"),
        (["--road", "x"], "--road: expected an integer, got 'x'"),
        (["--size", "640"], "--size: expected 2 arguments"),
        (["--engine.power-kw", "x"], "--engine.power-kw: expected a number, got 'x'"),
        (["--shares", "left"], "--shares: expected NAME=FLOAT, got 'left'"),
        (["--shares", "=3"], "--shares: expected NAME=FLOAT, got '=3'"),
        (["--shares", "left=x"], "--shares: expected a number for 'left', got 'x'"),
        (["--counts", "left=0.5"], "--counts: expected an integer for 'left', got '0.5'"),
        (["--wheels", "0"], "wheels: expected a value in [1, 18], got 0"),
    ],
    ids=lambda part: " ".join(part) if isinstance(part, list) else "",
)
def test_a_mistake_names_the_option_what_it_takes_and_what_it_got(words, message):
    with pytest.raises(ConfigError) as error:
        parse(*words)
    assert str(error.value) == message


def test_the_help_tells_every_option_with_its_docstring_and_default(capsys):
    with pytest.raises(SystemExit) as stop:
        parse("--help")
    assert stop.value.code == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert shown.startswith("usage: test [OPTIONS] [info|draw] An example. positional arguments:")
    for line in (
        "--wheels INT Wheels. (default: 4)",
        "--engine.power-kw FLOAT Power [kW]. (default: 50)",
        "--engine.electric, --no-engine.electric Runs on 100 % electricity. (default: no)",
        "--size INT INT Width and height. (default: 4 3)",
        "--names [STR ...] Names. (default: a)",
        "--road INT|NONE A road, on two lines. (default: none)",
        "--shares [NAME=FLOAT ...] Shares by name. (default: left=0.5)",
        "--counts [NAME=INT ...] Counts by name. (default: empty)",
    ):
        assert line in shown
    assert "engine options: What drives it." in shown


def test_a_field_that_no_word_can_fill_is_a_fault_of_the_program():
    @dataclasses.dataclass
    class Strange:
        table: dict[int, str] = dataclasses.field(default_factory=dict)

    with pytest.raises(TypeError, match="no option can hold dict"):
        options.parse(Strange, [], prog="test")


@pytest.mark.parametrize("name", sorted(cli.COMMANDS))
def test_every_command_has_help_for_each_of_its_options(name, capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main([name, "--help"])
    assert stop.value.code == 0
    shown = capsys.readouterr().out
    assert f"usage: drivesim {name} [OPTIONS]" in shown
    assert " (default: " in shown
    bare = re.findall(r"--\S+ (?:INT |FLOAT |STR |\[.*?\] |\S*NONE )?\(default", " ".join(shown.split()))
    assert not bare, "options without a docstring"


def test_argparse_shares_its_words_about_counts():
    """The messages above lean on argparse's own; a Python that words them otherwise shows here first."""
    with pytest.raises(argparse.ArgumentError, match="expected one argument"):
        parser = argparse.ArgumentParser(exit_on_error=False)
        parser.add_argument("--one")
        parser.parse_args(["--one"])


@dataclasses.dataclass(frozen=True)
class MaybeWords:
    """Words that may be left out."""

    words: tuple[str, ...] | None = None
    """Some."""


@pytest.mark.parametrize(
    ("given", "expected"), [([], None), (["--words"], ()), (["--words", "fog", "snow"], ("fog", "snow"))]
)
def test_a_tuple_that_may_be_none_tells_no_option_from_an_empty_one(given, expected):
    assert options.parse(MaybeWords, given, prog="test").words == expected
