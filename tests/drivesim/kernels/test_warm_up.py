import signal
import time
from pathlib import Path

import pytest

# A shell starts what runs in its background with Ctrl-C ignored, and all its children inherit that.
HEARS_CTRL_C = "import os, signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
SAYS = "compiling for this machine, which happens once: 2 kernels"


def test_missing_kernels_are_compiled_by_other_processes_with_one_line_and_found_by_this_one(toy):
    out, err = toy.run("warm_up(); run(); print(twice(1.0), twice.stats.cache_hits.total())")
    assert out.splitlines() == ["2", "3 loaded", "6.0 1"]
    assert len(err.splitlines()) == 1
    assert SAYS in err
    assert toy.run("warm_up()") == ("0", "")


def test_what_is_compiled_already_and_what_nobody_asks_for_is_not_compiled(toy):
    toy.run("run()")
    out, err = toy.run("w = WarmUp([launch_job(scale, PAIR)]); w.finish(); print(w.missing)")
    assert (out, err) == ("0", "")
    assert list(toy.root.rglob("*twice*")) == []


def test_progress_is_reported_to_whoever_asks(toy):
    out, _ = toy.run("WarmUp([launch_job(scale, PAIR), job(twice, 1.0)], lambda *now: print(*now)).finish()")
    assert sorted(out.splitlines()) == ["0 2", "1 2", "2 2"]


def test_processes_that_warm_up_at_once_compile_each_kernel_once(toy):
    others = [toy.start("warm_up(); run()", TOY_COMPILE_S=0.5) for _ in range(2)]
    answers = [other.communicate(timeout=60)[0].split()[-2:] for other in others]
    assert answers == [["3", "loaded"]] * 2
    assert len(list(toy.root.rglob("*.nbc"))) == 2


@pytest.mark.parametrize("cores", [1, 2])
def test_interrupting_ends_everything_at_once(toy, cores):
    code = f"os.sched_setaffinity(0, list(os.sched_getaffinity(0))[:{cores}]); warm_up()"
    process = toy.start(HEARS_CTRL_C + code, TOY_COMPILE_S=60)
    assert process.stderr is not None
    assert SAYS in process.stderr.readline()
    time.sleep(1.0)
    interrupted = time.monotonic()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert time.monotonic() - interrupted < 5.0, "0.1 s on an idle machine; what it waits for would take 60 s"
    assert process.returncode != 0
    assert still_compiling(toy) == []


def test_interrupting_while_the_processes_start_ends_those_that_have(toy):
    code = """
start = WarmUp._start
def start_and_interrupt(self):
    start(self)
    os.kill(os.getpid(), signal.SIGINT)
WarmUp._start = start_and_interrupt
warm_up()
"""
    process = toy.start(HEARS_CTRL_C + code, TOY_COMPILE_S=60)
    _, err = process.communicate(timeout=30)
    assert err.splitlines()[-1] == "KeyboardInterrupt"
    assert still_compiling(toy) == []


def still_compiling(toy) -> list[int]:
    """Processes that compile the toy's kernels; their environment names its folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words, environment = (process / "cmdline").read_bytes(), (process / "environ").read_bytes()
        except OSError:  # another user's, or it has ended meanwhile
            continue
        if b"compile_what_is_asked" in words and str(toy.root).encode() in environment:
            found.append(int(process.name))
    return found


def test_a_kernel_that_does_not_compile_raises_where_it_is_called(toy):
    toy.edit("formulas", "from numba import njit\n\n@njit\ndef scaled(value):\n    return value.nothing\n")
    out, _ = toy.run("warm_up()\ntry:\n    twice(1.0)\nexcept Exception as error:\n    print(type(error).__name__)")
    assert out.splitlines() == ["2", "TypingError"]


def test_kernels_of_the_program_itself_are_compiled_where_they_are_called(toy):
    code = "mine = kernel(lambda value: value); w = WarmUp([job(mine, 1.0)]); w.finish(); print(w.missing, mine(2.0))"
    assert toy.run(code) == ("0 2.0", "")
