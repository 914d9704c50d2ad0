"""Kept drives: driven again they are the same to the last bit, and files that are none are refused."""

import base64
import dataclasses
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from agents.evaluate import run_suite
from agents.evaluation.drives import Kept
from agents.evaluation.replay import BEFORE, FILE_MAX_BYTES, Change, checksums_of, read_replay, write_replay
from agents.expert import ExpertAgent
from agents.situations import drive_situations
from drivesim import assets
from drivesim.config import MapFileConfig
from drivesim.envs.simulation import Simulation
from drivesim.errors import FileFormatError
from drivesim.scenarios import load_suite
from drivesim.state import EndReason
from drivesim.tasks.suites import SUITES, map_suite
from tests.agents.evaluation.test_evaluation import Asleep

SITUATIONS = load_suite("ncap_aeb_2023").matching("CCRb", "CPFA (speed_kmh 6*")


def again(replay) -> Simulation:
    """Drives it once more in a simulation of its own, and holds it against its checksums."""
    config, extensions = replay.beginning.made()
    simulation = Simulation(config, world_count=1, extensions=extensions)
    replay.beginning.reset(simulation)
    sums = [checksums_of(simulation.world.state, (0,))[0]]
    for action in replay.actions:
        simulation.world.step(action[None])
        sums.append(checksums_of(simulation.world.state, (0,))[0])
    np.testing.assert_array_equal(sums, replay.checksums)
    return simulation


def assert_ends_as(simulation: Simulation, episode) -> None:
    state = simulation.world.state
    assert EndReason(int(state.episode.end[0, 0])).name.lower() == episode.end_reason
    assert float(state.episode.distance_m[0, 0]) == episode.distance_m
    assert float(state.navigation.completion[0, 0]) == episode.completion


@pytest.fixture(scope="module")
def kept(tmp_path_factory) -> tuple[Path, list]:
    folder = tmp_path_factory.mktemp("drives")
    suite = dataclasses.replace(SUITES["highway"], road_count=3)
    result = run_suite(Asleep(), suite, agent_name="asleep", threads=1, kept=Kept(drives=folder))
    return folder, result.episodes


def test_failed_drives_over_roads_are_kept_and_driven_again_are_the_same(kept):
    folder, episodes = kept
    assert sorted(file.name for file in folder.iterdir()) == sorted(episode.replay for episode in episodes)
    for episode in episodes:
        replay = read_replay(folder / episode.replay)
        assert replay.about == {
            "suite": "highway", "title": f"road {episode.road}", "agent": "asleep", "end": episode.end_reason,
            "reason": episode.reason,
        }  # fmt: skip
        assert len(replay.actions) == round(episode.duration_s * 10)
        assert_ends_as(again(replay), episode)


def test_a_situation_is_kept_apart_from_its_suite_whatever_world_held_it(tmp_path):
    result = drive_situations(
        ExpertAgent(), SITUATIONS, blind=True, worlds=3, kept=Kept(drives=tmp_path, successes=True)
    )
    assert all(episode.success and episode.replay for episode in result.episodes)
    for episode in result.episodes[::3]:
        replay = read_replay(tmp_path / episode.replay)
        assert replay.beginning.variant == SITUATIONS.variants[episode.road]
        assert_ends_as(again(replay), episode)


def test_successes_are_kept_only_where_asked_for(tmp_path):
    suite = dataclasses.replace(SUITES["highway"], road_count=1)
    (episode,) = run_suite(ExpertAgent(), suite, threads=1, kept=Kept(drives=tmp_path)).episodes
    assert episode.success and episode.replay == ""
    assert list(tmp_path.iterdir()) == []


def test_what_is_written_is_what_is_read(kept, tmp_path):
    folder, episodes = kept
    replay = read_replay(folder / episodes[0].replay)
    whole = dataclasses.replace(
        replay,
        by_hand=((2, 5), (9, 9)),
        changes=((BEFORE, Change(weather="FogNoon")), (3, Change(weather=None))),
    )
    read = read_replay(write_replay(whole, tmp_path / "a" / "b.drive.json"))
    for field in dataclasses.fields(whole):
        one, other = getattr(whole, field.name), getattr(read, field.name)
        assert np.array_equal(one, other) if isinstance(one, np.ndarray) else one == other


def coded(*numbers: float, dtype: str = "<f4") -> str:
    return base64.b64encode(np.array(numbers, dtype).tobytes()).decode()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": 2}, "format 2, expected 1"),
        ({"seed": -1}, "seed: expected an integer"),
        ({"seed": 1.5}, "seed: expected an integer"),
        ({"agent": "os:system"}, r"keys \['agent'\] are missing or unknown"),
        ({"config": 3}, "config: expected dict, got int"),
        ({"config": {"vehicel": {}}}, "config.map: expected one"),
        ({"variant": {"scenario": "a", "usres": []}}, "did you mean 'users'"),
        ({"actions": "?"}, "actions: no array in base64"),
        ({"actions": coded(0.0, 0.0, 0.0)}, "cannot reshape"),
        ({"actions": coded(np.nan, 0.0), "checksums": coded(1, 2, dtype="<u4")}, "actions: expected finite numbers"),
        ({"actions": coded(0.0, 0.0)}, "checksums: expected 2, got"),
        ({"changes": [[0, {"weather": "FogNon"}]]}, "did you mean 'FogNoon'"),
        ({"changes": [[0, {"sensor": "x", "fault": "dead"}]]}, "changes.sensor: unknown value 'x'"),
        ({"changes": [[10**9, {"weather": None}]]}, "changes: expected an integer"),
        ({"by_hand": [[3, 2]]}, "by_hand: expected first and last"),
    ],
)
def test_a_file_with_something_wrong_in_it_is_refused_by_name(kept, tmp_path, change, message):
    folder, episodes = kept
    values = json.loads((folder / episodes[0].replay).read_text())
    file = tmp_path / "wrong.drive.json"
    file.write_text(json.dumps({**values, **change}))
    with pytest.raises(FileFormatError, match=message) as caught:
        read_replay(file)
    assert str(caught.value).startswith(f"{file}: ")


def test_files_that_are_cut_off_foreign_or_too_large_are_refused(kept, tmp_path):
    folder, episodes = kept
    text = (folder / episodes[0].replay).read_text()
    file = tmp_path / "a.drive.json"
    for share in (0.0, 0.3, 0.99):
        file.write_text(text[: round(share * len(text))])
        with pytest.raises(FileFormatError, match="no kept drive, or cut off"):
            read_replay(file)
    for foreign in ("[]", "3", '{"episodes": []}'):
        file.write_text(foreign)
        with pytest.raises(FileFormatError, match="no kept drive: expected what drivesim eval --out"):
            read_replay(file)
    file.write_text("[" * 100_000)
    with pytest.raises(FileFormatError, match="no kept drive"):
        read_replay(file)
    with file.open("wb") as stream:
        stream.truncate(FILE_MAX_BYTES + 1)
    with pytest.raises(FileFormatError, match="larger than 32 MB"):
        read_replay(file)
    with pytest.raises(FileFormatError, match="No such file"):
        read_replay(tmp_path / "absent.drive.json")


def test_a_map_file_is_found_beside_the_drive_and_must_be_the_same(tmp_path):
    town = tmp_path / "there" / "town.xodr"
    town.parent.mkdir()
    shutil.copy(assets.path("maps/town_a.xodr"), town)
    suite = dataclasses.replace(map_suite(str(town)), road_count=1)
    kept = Kept(drives=tmp_path, successes=True)
    (episode,) = run_suite(ExpertAgent(), suite, threads=1, kept=kept).episodes
    file = tmp_path / episode.replay
    assert_ends_as(again(read_replay(file)), episode)
    moved = town.rename(tmp_path / "town.xodr")
    assert read_replay(file).beginning.config.map == MapFileConfig(path=str(moved))
    moved.write_text(moved.read_text() + "\n")
    with pytest.raises(FileFormatError, match="the map file that was driven on has changed since"):
        read_replay(file)
    moved.unlink()
    with pytest.raises(FileFormatError, match="neither there nor beside this file"):
        read_replay(file)
