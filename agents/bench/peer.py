"""Other simulators, each run fairly in a virtual environment of its own.

The programs in `peers/` run there and answer windows over a pipe, so their windows take turns with ours.
"""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import venv
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn, final

from agents.bench.timing import Window
from drivesim.errors import DrivesimError

PROGRAMS = Path(__file__).resolve().parent / "peers"
REQUIREMENTS: dict[str, tuple[str, ...]] = {
    "pool": ("envpool==1.2.5", "highway-env==1.12.1", "gymnasium[box2d]==1.4.0"),
    "metadrive": ("metadrive-simulator==0.4.3",),
    "sumo": ("eclipse-sumo==1.28.0", "libsumo==1.28.0", "sumolib==1.28.0"),
}
"""Packages of each virtual environment; MetaDrive's pygame and highway-env's pygame-ce cannot share one."""

INSTALL_TIMEOUT_S = 1800.0


class PeerError(DrivesimError, RuntimeError):
    """A peer cannot be installed or has ended; it is left out and the reason is told."""


@dataclass(frozen=True, kw_only=True)
class Peer:
    """A simulator to compare with."""

    name: str
    home: str
    """Key of `REQUIREMENTS`."""
    program: tuple[str, ...]
    """File in `peers/` and its arguments."""
    note: str
    """What a step of it is."""


PEERS: dict[str, Peer] = {
    "envpool-carracing": Peer(
        name="EnvPool CarRacing-v3, 16 at once",
        home="pool",
        program=("run_envpool.py", "CarRacing-v3", "16"),
        note="96x96 RGB from above, one car, no traffic, 0.02 s",
    ),
    "envpool-highway": Peer(
        name="EnvPool Highway-v0, 64 at once",
        home="pool",
        program=("run_envpool.py", "Highway-v0", "64"),
        note="positions of 5 cars, 50 cars, 1 s in 15 substeps",
    ),
    "carracing": Peer(
        name="Gymnasium CarRacing-v3",
        home="pool",
        program=("run_gymnasium.py", "CarRacing-v3"),
        note="96x96 RGB from above, one car, no traffic, 0.02 s",
    ),
    "highway-env": Peer(
        name="highway-env highway-fast-v0",
        home="pool",
        program=("run_gymnasium.py", "highway-fast-v0"),
        note="4 stacked 128x64 gray pictures from above, 20 cars, 1 s in 5 substeps",
    ),
    "metadrive-topdown": Peer(
        name="MetaDrive top-down",
        home="metadrive",
        program=("run_metadrive.py", "topdown"),
        note="84x84x5 picture from above, about 10 cars, 0.1 s",
    ),
    "metadrive-lidar": Peer(
        name="MetaDrive lidar",
        home="metadrive",
        program=("run_metadrive.py", "lidar"),
        note="240 lidar rays, about 10 cars, 0.1 s",
    ),
}


def cache_folder() -> Path:
    """Where virtual environments of peers live: `$XDG_CACHE_HOME/drivesim/peers`, or below `~/.cache`."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "drivesim" / "peers"


def install(home: str) -> Path:
    """The Python of a peer's virtual environment, made on first use.

    Raises:
        PeerError: Its packages cannot be installed on this machine.
    """
    folder = cache_folder() / f"{home}-py{sys.version_info.major}.{sys.version_info.minor}"
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    stamp, wanted = folder / "installed.txt", "\n".join(REQUIREMENTS[home])
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted and python.exists():
        return python
    venv.EnvBuilder(clear=True, with_pip=True).create(folder)
    command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *REQUIREMENTS[home]]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired as error:
        raise PeerError(f"{home}: installing took more than {INSTALL_TIMEOUT_S:.0f} s") from error
    if done.returncode:
        reason = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or done.stderr.splitlines()
        raise PeerError(f"{home}: cannot install {', '.join(REQUIREMENTS[home])}: {(reason or ['no reason told'])[-1]}")
    stamp.write_text(wanted, encoding="utf-8")
    return python


@final
class PeerProcess:
    """A running peer as a subject of `timing.measure`. Ends with the `with` block it is used in.

    Attributes:
        facts: What the peer tells about itself: version, observation.
    """

    def __init__(self, peer: Peer, python: Path) -> None:
        self.peer = peer
        # Bytecode and threads: the first would be written into our source tree, the second would not be one core.
        environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1"}
        environment.pop("PYTHONPATH", None)
        # A file, not a pipe: nobody reads along, and a full pipe would stop the peer.
        self._complaints = tempfile.TemporaryFile()
        self._process = subprocess.Popen(
            [str(python), str(PROGRAMS / peer.program[0]), *peer.program[1:]],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._complaints,
            text=True,
            env=environment,
        )
        try:
            self.facts = self._answer()
        except PeerError:
            self.close()
            raise

    def window(self, seconds: float) -> Window:
        """Asks for one window.

        Raises:
            PeerError: The peer has ended.
        """
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(f"{seconds}\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            self._fail()
        answer = self._answer()
        return Window(events=answer["events"], wall_s=answer["wall_s"], cpu_s=answer["cpu_s"])

    def close(self) -> None:
        """Ends the peer."""
        with contextlib.suppress(BrokenPipeError):
            assert self._process.stdin is not None
            self._process.stdin.close()
        try:
            self._process.wait(timeout=10.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._complaints.close()

    def __enter__(self) -> "PeerProcess":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self._fail()
        return json.loads(line)

    def _fail(self) -> NoReturn:
        self._process.wait()
        self._complaints.seek(0)
        last = self._complaints.read().decode(errors="replace").strip().splitlines()[-1:]
        raise PeerError(f"{self.peer.name} has ended: {(last or ['it said nothing'])[0]}")
