"""A drive that is looked at again: bit for bit what it was, and gone on with from any moment."""

from collections.abc import Mapping

import numpy as np
import pytest

from agents.evaluation.replay import read_replay, write_replay
from agents.watching.driven_world import DrivenWorld
from agents.watching.history import DriveHistory, size_of
from agents.watching.tick import Tick
from drivesim.errors import ConfigError

STEPS = 27


class Forgetful:
    """A driver whose answer depends on all that it has seen since its start, and that can tell what it remembers."""

    sensors = "none"
    explain = None

    def reset(self, env_count, mask=None):
        self.sum = np.zeros(env_count, np.float64)

    def act(self, observation, info):
        self.sum = 0.9 * self.sum + np.asarray(observation["ego"], np.float64).sum(axis=-1)
        return np.stack([0.02 * np.sin(self.sum), np.full_like(self.sum, 0.4)], axis=-1).astype(np.float32)

    def state(self):
        return {"sum": self.sum}

    def load_state(self, state):
        self.sum = state["sum"]


@pytest.fixture(scope="module")
def drive() -> DrivenWorld:
    """Every kind of sensor, also those with a memory, among traffic."""
    return DrivenWorld(
        env="highway", agent="expert", seed=3, road=11, roads=1, held_out=True, sensors="all",
        report=lambda text, share: None,
    )  # fmt: skip


@pytest.fixture(scope="module")
def remembering() -> DrivenWorld:
    return DrivenWorld(
        env="lane", agent=Forgetful(), seed=3, road=11, roads=1, held_out=True, report=lambda text, share: None
    )


def facts(value, name: str = "") -> dict[str, bytes]:
    """Every array of a step, by where it stands."""
    if isinstance(value, np.ndarray):
        return {name: np.ascontiguousarray(value).tobytes()}
    if isinstance(value, Mapping):
        return {k: v for key, part in value.items() for k, v in facts(part, f"{name}.{key}").items()}
    if isinstance(value, tuple):
        return {k: v for key, part in enumerate(value) for k, v in facts(part, f"{name}.{key}").items()}
    if hasattr(value, "__dict__"):
        return facts(vars(value), name)
    return {name: repr(value).encode()}


def assert_same(one: Tick, other: Tick) -> None:
    old, new = facts(one), facts(other)
    assert old.keys() == new.keys()
    assert [name for name in old if old[name] != new[name]] == []


def driven(history: DriveHistory, steps: int = STEPS) -> list[Tick]:
    return [history.begin(0), *(history.step() for _ in range(steps))]


@pytest.mark.parametrize("ticks_bytes", [0, 1 << 30])
def test_any_step_is_shown_again_as_it_was_to_the_last_bit(drive, ticks_bytes):
    history = DriveHistory(drive, ticks_bytes=ticks_bytes)
    first = driven(history)
    for index in (STEPS, 3, 4, 10, 9, 0, 20, STEPS - 1):
        assert_same(first[index], history.show(index))


def test_looking_back_does_not_change_what_follows(drive):
    history = DriveHistory(drive, ticks_bytes=0)
    undisturbed = driven(history)
    driven(history, 12)
    history.show(4)
    for index in range(13, STEPS + 1):
        assert_same(undisturbed[index], history.step())
        history.show(index - 7)


def test_changes_of_weather_and_faults_are_part_of_what_is_shown_again(drive):
    history = DriveHistory(drive, ticks_bytes=0)
    first = driven(history, 5)
    drive.set_weather("HardRainNight")
    drive.set_fault("camera", "dead", 1)
    first += [history.step() for _ in range(8)]
    drive.set_weather(None)
    drive.set_fault("camera", "dead", None)
    first += [history.step() for _ in range(3)]
    assert [first[index].weather for index in (5, 6, 13, 14)] == ["", "HardRainNight", "HardRainNight", ""]
    for index in (14, 5, 6, 3, 13):
        assert_same(first[index], history.show(index))


def test_from_a_moment_gone_back_to_the_user_drives_and_the_rest_is_gone(drive):
    history = DriveHistory(drive, ticks_bytes=0)
    first = driven(history)
    history.cut(14)
    assert history.head == 14
    assert_same(first[14], history.show(14))
    by_hand = [history.step(np.array([0.0, -1.0], np.float32)) for _ in range(3)]
    assert history.head == 17
    assert history.by_hand == ((15, 17),)
    assert by_hand[-1].moment.actors.speed[0] < first[17].moment.actors.speed[0]
    assert_same(by_hand[1], history.show(16))
    assert_same(first[9], history.show(9))


@pytest.mark.parametrize("index", [0, 7, 10, 19])
def test_a_driver_that_gets_the_wheel_back_remembers_what_it_had_seen_by_then(remembering, index):
    history = DriveHistory(remembering)
    first = driven(history)
    history.cut(index)
    for number in range(index + 1, STEPS + 1):
        assert_same(first[number], history.step())


def test_a_change_at_a_moment_gone_back_to_holds_from_there(drive):
    history = DriveHistory(drive, ticks_bytes=0)
    first = driven(history)
    history.show(8)
    drive.set_weather("FogNoon")
    changed = history.renew(8)
    assert (changed.weather, history.head) == ("FogNoon", 8)
    following = history.step()
    assert following.weather == "FogNoon"
    assert_same(first[7], history.show(7))
    assert_same(changed, history.show(8))
    assert_same(following, history.show(9))
    drive.set_weather(None)
    history.begin(0)


def test_memory_is_bounded_and_the_oldest_goes_first(drive):
    history = DriveHistory(drive, ticks_bytes=0)
    driven(history, 1)
    whole = size_of(drive.save())
    history = DriveHistory(drive, kept_bytes=round(2.5 * whole), ticks_bytes=0)
    first = driven(history)
    assert history.first >= STEPS // 10 * 10 - 10
    assert history.first % 10 == 0
    assert_same(first[history.first], history.show(0))
    assert_same(first[STEPS], history.show(STEPS))


def test_without_keeping_there_is_only_the_present(remembering):
    history = DriveHistory(remembering, keeps=False)
    driven(history, 3)
    assert history.head == 3
    assert history.trail(3, 10) == []


def test_the_trail_is_where_the_car_was(remembering):
    history = DriveHistory(remembering)
    first = driven(history)
    where = [(float(tick.moment.actors.x[0]), float(tick.moment.actors.y[0])) for tick in first]
    assert history.trail(12, 5) == where[8:13]


def test_a_kept_drive_is_driven_again_with_all_that_the_user_did_to_the_last_bit(drive, tmp_path):
    history = DriveHistory(drive, ticks_bytes=0)
    drive.set_weather("FogNoon")
    drive.set_fault("camera", "dead", None)
    history.begin(0)
    drive.set_weather("CloudyNoon")
    history.begin(0)
    drive.set_weather("WetNoon")
    for _ in range(6):
        history.step()
    history.cut(4)
    drive.set_weather("HardRainNight")
    drive.set_fault("camera", "dead", 1)
    by_hand = np.array([0.1, -1.0], np.float32)
    first = [history.show(index) for index in range(5)]
    first += [history.step(by_hand if 6 <= number < 9 else None) for number in range(5, 14)]
    drive.set_fault("camera", "dead", None)
    first[13] = history.renew(13)
    kept = write_replay(history.replay({"suite": "Highway"}), tmp_path / "a.drive.json")
    drive.set_weather(None)
    replay = read_replay(kept)
    assert (replay.by_hand, history.by_hand) == (((6, 8),), ((6, 8),))
    other = DrivenWorld(
        env="lane", agent="expert", seed=0, road=None, roads=1, held_out=True, report=lambda text, share: None,
        replay=replay,
    )  # fmt: skip
    again = DriveHistory(other, ticks_bytes=0)
    again.begin(0)
    assert again.repeat(replay, lambda text, share: None) is None
    assert (again.head, again.by_hand, again.marks) == (13, history.by_hand, history.marks)
    for index in (13, 5, 0, 8, 12):
        assert_same(first[index], again.show(index))
    history.begin(0)


def test_another_drive_begins_with_what_was_set_last_whichever_moment_is_looked_at(drive):
    history = DriveHistory(drive, ticks_bytes=0)
    drive.set_weather("FogNoon")
    driven(history, 3)
    drive.set_weather("ClearNight")
    history.step()
    history.show(1)
    assert history.begin(0).weather == "ClearNight"
    drive.set_weather(None)
    history.begin(0)


def test_a_drive_that_comes_out_differently_is_told_from_the_step_on_where_it_does(drive):
    history = DriveHistory(drive, ticks_bytes=0)
    driven(history, 8)
    replay = history.replay({})
    replay.actions[4, 0] += 0.2
    history.begin(0)
    assert history.repeat(replay, lambda text, share: None) == 5
    with pytest.raises(ConfigError, match="there is only the present"):
        DriveHistory(drive, keeps=False).replay({})
