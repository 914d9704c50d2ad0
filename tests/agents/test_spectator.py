import sys

from agents.spectator import Spectator


def test_the_window_follows_the_trainings_folder(tmp_path):
    words = Spectator("lane", tmp_path).command
    assert words[1:] == ["-m", "agents.cli", "watch", "--env", "lane", "--follow", str(tmp_path)]
    own = Spectator("lane", tmp_path, heads=("mine:HEAD", "mine:OTHER")).command
    assert own == [*words, "--heads", "mine:HEAD", "mine:OTHER"]


def test_without_a_display_there_is_nothing_to_wait_for(tmp_path):
    spectator = Spectator("lane", tmp_path)
    assert (spectator.is_open, spectator.wait()) == (False, False)
    spectator.command = [sys.executable, "-c", "raise SystemExit(2)"]
    spectator.open()
    assert not spectator.wait()


def test_a_window_is_waited_for_or_ended(tmp_path):
    spectator = Spectator("lane", tmp_path)
    spectator.command = [sys.executable, "-c", "pass"]
    spectator.open()
    assert spectator.wait()
    spectator.command = [sys.executable, "-c", "import time; time.sleep(60)"]
    spectator.open()
    assert spectator.is_open
    spectator.close()
    assert not spectator.is_open
