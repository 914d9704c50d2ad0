"""What the command line answers to mistakes, failures and Ctrl-C. The commands here are stand-ins."""

import dataclasses
import errno
import os
import signal
import subprocess
import sys
import types

import pytest

from agents import cli
from drivesim.errors import ConfigError, DisplayError


@dataclasses.dataclass(frozen=True, kw_only=True)
class StandInArgs:
    """Stands in for a command."""

    agent: str = "expert"
    """Who drives."""
    rate_hz: float = 1.0
    """Steps per second [Hz]."""

    def __post_init__(self) -> None:
        if self.rate_hz <= 0.0:
            raise ConfigError(f"rate_hz: expected more than 0, got {self.rate_hz}")


@pytest.fixture
def run(monkeypatch):
    """Runs `drivesim watch` with a stand-in as its function."""

    def run(function, *words: str) -> int:
        module = types.ModuleType("stand_in")
        module.watch = function  # type: ignore[attr-defined]  # a module made for the test
        monkeypatch.setitem(sys.modules, "stand_in", module)
        monkeypatch.setitem(cli.COMMANDS, "watch", cli.Command("stand_in:watch", "stands in"))
        return cli.main(["watch", *words])

    return run


def failing(error: BaseException):
    def function(args: StandInArgs) -> None:
        raise error

    return function


def test_the_command_gets_its_arguments(run):
    seen = []

    def function(args: StandInArgs) -> None:
        seen.append(args)

    assert run(function, "--agent", "classical", "--rate-hz", "2") == 0
    assert seen == [StandInArgs(agent="classical", rate_hz=2.0)]


def test_the_exit_code_is_the_commands_own(run):
    def function(args: StandInArgs) -> int:
        return 3

    assert run(function) == 3


@pytest.mark.parametrize("words", [[], ["--help"], ["-h"]])
def test_help_lists_every_command(capsys, words):
    assert cli.main(words) == 0
    shown = capsys.readouterr().out
    for name, command in cli.COMMANDS.items():
        assert name in shown
        assert command.summary in shown


def test_the_version_is_told(capsys):
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out == "drivesim 0.1.0\n"


def test_help_of_a_command_shows_the_docstrings_of_its_fields(run, capsys):
    with pytest.raises(SystemExit) as stop:
        run(failing(AssertionError("not reached")), "--help")
    assert not stop.value.code
    assert "Who drives." in capsys.readouterr().out


def one_line_of(capsys) -> str:
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.count("\n") == 1
    return shown.err.rstrip("\n")


def test_a_mistyped_command_is_answered_with_the_nearest(capsys):
    assert cli.main(["wacth"]) == 2
    assert one_line_of(capsys) == "drivesim: unknown command 'wacth'; did you mean 'watch'?"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--agnt", "x"], "drivesim watch: Unrecognized options: --agnt, x; did you mean --agent?; see"),
        (["--rate-hz", "x"], "Error parsing --rate-hz: could not convert string to float: 'x'; see"),
        (["--rate-hz", "0"], "rate_hz: expected more than 0, got 0.0; see drivesim watch --help"),
    ],
)
def test_a_mistaken_option_is_one_line(run, capsys, words, expected):
    with pytest.raises(SystemExit) as stop:
        run(failing(AssertionError("not reached")), *words)
    assert stop.value.code == 2
    assert expected in one_line_of(capsys)


FRAMED = """\
\x1b[31m╭─ Invalid choice ─────────────────────╮
│ invalid choice 'foo' for argument    │
│ 'mode'. Expected one of ('a', 'b').  │
│ ──────────────────────────────────── │
│ For full helptext, run x --help      │
╰──────────────────────────────────────╯\x1b[0m
"""
PLAIN = """\
 Invalid choice
 ------------------------------------
  invalid choice 'foo' for argument
  'mode'. Expected one of ('a', 'b').
  -----------------------------------
  For full helptext, run x --help

"""


@pytest.mark.parametrize("box", [FRAMED, PLAIN], ids=["framed", "plain"])
def test_a_framed_message_loses_its_frame(box):
    assert cli.one_line(box) == "invalid choice 'foo' for argument 'mode'. Expected one of ('a', 'b')"


def test_a_message_without_a_frame_stays():
    assert cli.one_line("no  frame\nat all") == "no frame at all"


@pytest.mark.parametrize(
    ("error", "code", "expected"),
    [
        (ConfigError("config: unknown\n  value"), 2, "drivesim watch: config: unknown value"),
        (ValueError("agent: no"), 2, "drivesim watch: agent: no"),
        (DisplayError("no display"), 2, "drivesim watch: no display"),
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "out.mp4"), 1, "No space left on device: out.mp4"),
        (KeyboardInterrupt(), 130, "drivesim watch: interrupted"),
    ],
    ids=["config", "value", "display", "full-disk", "interrupt"],
)
def test_an_expected_failure_is_one_line_and_a_code(run, capsys, error, code, expected):
    assert run(failing(error)) == code
    assert expected in one_line_of(capsys)


def test_a_fault_of_the_program_keeps_its_traceback(run):
    with pytest.raises(ZeroDivisionError):
        run(failing(ZeroDivisionError()))


def test_the_traceback_is_shown_on_demand(run, monkeypatch):
    monkeypatch.setenv(cli.DEBUG_VARIABLE, "1")
    with pytest.raises(ConfigError):
        run(failing(ConfigError("no")))


def test_the_signal_handler_is_put_back(run):
    before = signal.getsignal(signal.SIGINT)
    run(failing(ConfigError("no")))
    assert signal.getsignal(signal.SIGINT) is before


SCRIPT = """
import dataclasses, sys, time, types
from agents import cli

@dataclasses.dataclass(frozen=True)
class Args:
    pass

def watch(args: Args) -> None:
    {body}

module = types.ModuleType("stand_in")
module.watch = watch
sys.modules["stand_in"] = module
cli.COMMANDS["watch"] = cli.Command("stand_in:watch", "stands in")
sys.exit(cli.main(["watch"]))
"""
SAVING = """
    try:
        print("running", flush=True)
        time.sleep(60)
    except KeyboardInterrupt:
        print("saving", flush=True)
        {after}
"""


def start(body: str) -> subprocess.Popen:
    """A process whose `drivesim watch` runs `body`."""
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT.format(body=body)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def start_and_interrupt(after: str) -> subprocess.Popen:
    """A process that has been interrupted once and is saving; `after` is what follows."""
    process = start(SAVING.format(after=after))
    assert process.stdout is not None
    assert process.stdout.readline() == "running\n"
    process.send_signal(signal.SIGINT)
    assert process.stdout.readline() == "saving\n"
    return process


def finish(process: subprocess.Popen) -> tuple[int, str, str]:
    """Exit code and what is left of both outputs."""
    with process:
        assert process.stdout is not None
        assert process.stderr is not None
        return process.wait(timeout=30), process.stdout.read(), process.stderr.read()


def test_the_first_interrupt_lets_the_command_finish_its_work():
    code, out, err = finish(start_and_interrupt("print('saved'); raise"))
    assert (code, out, err) == (130, "saved\n", "drivesim watch: interrupted\n")


def test_the_second_interrupt_ends_at_once():
    process = start_and_interrupt("time.sleep(60)")
    process.send_signal(signal.SIGINT)
    code, out, err = finish(process)
    assert (code, out, err) == (130, "", "drivesim: interrupted twice, stopped at once\n")


def test_a_terminal_that_lacks_a_character_does_not_end_the_work():
    process = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(body="print('1 km/h \\u2026 2', flush=True)")],
        capture_output=True, env={**os.environ, "PYTHONIOENCODING": "latin-1"}, check=False, timeout=60,
    )  # fmt: skip
    assert (process.returncode, process.stdout, process.stderr) == (0, b"1 km/h ? 2\n", b"")


def test_a_reader_that_went_away_is_no_failure():
    process = start("print('x' * 1_000_000, flush=True)")
    assert process.stdout is not None
    assert process.stdout.read(1) == "x"
    process.stdout.close()
    assert process.stderr is not None
    err = process.stderr.read()
    process.stderr.close()
    assert (process.wait(timeout=30), err) == (141, "")
