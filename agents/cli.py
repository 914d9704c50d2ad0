"""The `drivesim` command: parses, dispatches, and turns every expected failure into one line and an exit code.

Exit codes: 0 done, 1 the machine refused (a full disk, a lost file), 2 wrong input or no display, 130 interrupted.
"""

import contextlib
import importlib
import io
import os
import signal
import sys
import types
import typing
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import drivesim
from agents import options
from drivesim.errors import DrivesimError, hint

DEBUG_VARIABLE = "DRIVESIM_DEBUG"
"""Environment variable that, when set, lets failures through with their traceback."""


class Command(NamedTuple):
    """A subcommand: the function that runs it, whose one argument is annotated with its argument class."""

    target: str
    summary: str


COMMANDS: dict[str, Command] = {
    "demo": Command("agents.demo:demo", "train a small camera driver from scratch and watch it, in minutes"),
    "watch": Command("agents.watching:watch", "open a window and watch a driver drive"),
    "drive": Command("agents.watching:drive", "open a window and take the wheel yourself"),
    "train": Command("agents.runner:train", "train a camera driver by imitation of the expert"),
    "eval": Command("agents.scoring:evaluate", "score a driver on unseen roads, in situations, or on a map file"),
    "senses": Command("agents.senses:compare", "compare what drivers sense with: every weather, every sensor dead"),
    "record": Command("agents.recorder:record", "record labelled drives as a data set, a video, or a sheet"),
    "fit": Command("agents.fit.command:fit_command", "fit a network to a recorded data set, without driving"),
    "bench": Command("agents.bench:run", "measure the simulator on this machine"),
    "map": Command(
        "agents.mapping:inspect_map", "describe, check, draw, drive or export an OpenDRIVE file or a procedural road"
    ),
    "doctor": Command("agents.doctor:examine", "check this installation and compile the kernels"),
}
"""Imported only when called, so that `drivesim --help` answers at once."""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command line and returns its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that lacks a character must not end the work.
            stream.reconfigure(errors="replace")
    if not words or words[0] in ("-h", "--help"):
        print(usage())
        return 0
    if words[0] == "--version":
        print(f"drivesim {drivesim.__version__}")
        return 0
    name, *rest = words
    if name not in COMMANDS:
        return _fail(f"drivesim: unknown command {name!r}; {hint(name, COMMANDS)}")
    try:
        with _stop_at_the_second_interrupt():
            return _dispatch(name, rest)
    except KeyboardInterrupt:
        return _fail(f"drivesim {name}: interrupted", code=130)
    except BrokenPipeError:
        # Whoever read the output has gone; Python would complain once more when it closes it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except (DrivesimError, ValueError) as error:
        if os.environ.get(DEBUG_VARIABLE):
            raise
        return _fail(f"drivesim {name}: {error}")
    except OSError as error:
        if os.environ.get(DEBUG_VARIABLE):
            raise
        where = f": {error.filename}" if error.filename else ""
        return _fail(f"drivesim {name}: {error.strerror or error}{where}", code=1)


def usage() -> str:
    """The text of `drivesim --help`."""
    width = max(map(len, COMMANDS))
    lines = [f"  {name:<{width}}  {command.summary}" for name, command in COMMANDS.items()]
    return "\n".join(
        [
            "usage: drivesim COMMAND [OPTIONS]",
            "",
            *lines,
            "",
            "drivesim COMMAND --help lists the options of a command; drivesim --version tells the version.",
            f"With {DEBUG_VARIABLE}=1 in the environment a failure shows its traceback.",
        ]
    )


def _dispatch(name: str, words: Sequence[str]) -> int:
    module, _, attribute = COMMANDS[name].target.partition(":")
    function: Callable[[Any], int | None] = getattr(importlib.import_module(module), attribute)
    return function(parse(argument_class(function), words, prog=f"drivesim {name}")) or 0


def argument_class(function: Callable[..., Any]) -> type:
    """The annotation of a command's one parameter."""
    hints = typing.get_type_hints(function)
    hints.pop("return", None)
    (annotation,) = hints.values()
    return annotation


def parse(target: type, words: Sequence[str], *, prog: str) -> Any:
    """Builds a command's arguments from its words; a mistake ends the program with one line and exit code 2."""
    try:
        return options.parse(target, words, prog=prog)
    except ValueError as error:
        raise SystemExit(_fail(f"{prog}: {error}; see {prog} --help")) from None


def _fail(message: str, *, code: int = 2) -> int:
    print(" ".join(message.split()), file=sys.stderr)
    return code


@contextlib.contextmanager
def _stop_at_the_second_interrupt() -> Iterator[None]:
    """Within it the first Ctrl-C raises `KeyboardInterrupt` in the running command, the second ends the process."""
    count = 0

    def handle(number: int, frame: types.FrameType | None) -> None:
        nonlocal count
        count += 1
        if count > 1:
            # Plain system calls: whatever holds the interpreter up must not hold this up.
            os.write(2, b"drivesim: interrupted twice, stopped at once\n")
            os._exit(130)
        signal.default_int_handler(number, frame)

    try:
        before = signal.signal(signal.SIGINT, handle)
    except ValueError:  # not the main thread, so no signal arrives here
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


if __name__ == "__main__":
    sys.exit(main())
