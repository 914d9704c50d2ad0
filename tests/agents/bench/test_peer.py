"""The pipe to a peer, with a program of our own as the peer; no package is installed here."""

import subprocess
import sys
from pathlib import Path

import pytest

from agents.bench import peer as peers
from agents.bench.comparison import OWN, PAIRS
from agents.bench.peer import PEERS, PROGRAMS, REQUIREMENTS, Peer, PeerError, PeerProcess, install

WORKING = """
import sys
sys.path.insert(0, {programs!r})
from serve import serve
print("a banner on standard output")
print("noise on standard error" * 10_000, file=sys.stderr)
serve(lambda: print("chatter"), 16, version="1.0")
"""
MISSING = "import sys; raise ModuleNotFoundError('no module named peer')"


@pytest.fixture
def peer(tmp_path):
    def peer(source: str) -> Peer:
        program = tmp_path / "program.py"
        program.write_text(source.format(programs=str(PROGRAMS)), encoding="utf-8")
        return Peer(name="Stand-in", home="pool", program=(str(program),), note="a stand-in")

    return peer


def test_a_peer_tells_what_it_is_and_answers_windows(peer):
    with PeerProcess(peer(WORKING), Path(sys.executable)) as process:
        assert process.facts == {"version": "1.0"}
        window = process.window(0.01)
    assert window.events >= 16
    assert window.events % 16 == 0
    assert window.wall_s >= 0.01


def test_a_peer_that_cannot_start_is_told_with_its_last_word(peer):
    with pytest.raises(PeerError, match="Stand-in has ended: ModuleNotFoundError: no module named peer"):
        PeerProcess(peer(MISSING), Path(sys.executable))


def test_a_peer_that_dies_is_told(peer):
    dying = WORKING.replace('print("chatter")', "sys.exit('out of luck')")
    with PeerProcess(peer(dying), Path(sys.executable)) as process:
        with pytest.raises(PeerError, match="Stand-in has ended: out of luck"):
            process.window(0.01)
        with pytest.raises(PeerError, match="Stand-in has ended"):
            process.window(0.01)


def test_every_peer_has_a_program_an_environment_and_a_scene_of_ours():
    assert PAIRS.keys() == PEERS.keys()
    for key, peer in PEERS.items():
        assert (PROGRAMS / peer.program[0]).is_file()
        assert peer.home in REQUIREMENTS
        assert PAIRS[key]
        assert set(PAIRS[key]) <= OWN.keys()


def test_peers_live_in_the_cache_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert peers.cache_folder() == tmp_path / "drivesim" / "peers"


class FakeBuilder:
    def __init__(self, **options) -> None:
        pass

    def create(self, folder: Path) -> None:
        (folder / "bin").mkdir(parents=True)
        (folder / "bin" / "python").touch()


@pytest.fixture
def installs(monkeypatch, tmp_path):
    """Commands that `install` ran, none of them for real; its exit code can be set."""
    ran: list[list[str]] = []

    def run(command, **options):
        ran.append(command)
        return subprocess.CompletedProcess(command, code[0], "", "noise\nERROR: No matching distribution\nmore noise")

    code = [0]
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(peers.venv, "EnvBuilder", FakeBuilder)
    monkeypatch.setattr(peers.subprocess, "run", run)
    return ran, code


def test_a_peer_is_installed_once_with_pinned_versions(installs):
    ran, _ = installs
    assert install("pool") == install("pool")
    assert len(ran) == 1
    assert all("==" in requirement for requirement in ran[0][-3:])


def test_a_peer_that_cannot_be_installed_is_told_in_one_line(installs):
    _, code = installs
    code[0] = 1
    with pytest.raises(PeerError, match="metadrive: cannot install metadrive-simulator.*: ERROR: No matching"):
        install("metadrive")
