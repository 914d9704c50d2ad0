"""What a sweep must not depend on: the batch, the threads, the other channels, the other worlds, what is due."""

import copy

import numpy as np
import pytest

from drivesim.config import LIDAR_CHANNELS, FaultConfig, LidarConfig, MapConfig
from drivesim.kernels.launch import Launcher
from drivesim.maps.bank import MapBank
from drivesim.sensors.lidar.sensor import Lidar
from drivesim.sensors.rig import Rig
from drivesim.state import WorldState
from tests.drivesim.sensors.lidar.scenes import at_rest, swept
from tests.reference.views import traffic_on

FAULTS = (FaultConfig(kind="crosstalk", severity=4), FaultConfig(kind="cutout", severity=2, probability=0.5))
LEVEL = LidarConfig(columns=120, channels=LIDAR_CHANNELS, faults=FAULTS)
TILTED = LidarConfig(columns=60, beams=12, pitch_deg=4.0, channels=LIDAR_CHANNELS, faults=FAULTS)
WORLDS = 17


@pytest.fixture(scope="module")
def maps():
    return MapBank.build(MapConfig(generator="highway", start=40, count=3, length_m=300.0)).arrays


@pytest.fixture(scope="module")
def state(maps):
    state = at_rest(traffic_on(maps, worlds=WORLDS, slots=10, seed=3))
    state.actors.before_x[:] -= 1.5
    state.weather.fog_extinction[::3] = 0.02
    state.weather.rain_rate[1::3] = 20.0
    return state


def part_of(state: WorldState, worlds: list[int]) -> WorldState:
    """A state of some of the worlds."""
    return WorldState(*(type(group)(*(array[worlds].copy() for array in group)) for group in state))


@pytest.mark.parametrize("config", [LEVEL, TILTED], ids=["level", "tilted"])
@pytest.mark.parametrize("chosen", [[5], [16, 3, 8, 0, 11]], ids=["1", "5"])
def test_a_batch_equals_its_worlds(config, chosen, maps, state):
    together, fewer = swept(config, maps, state), swept(config, maps, part_of(state, chosen))
    for channel, frames in together.frames.items():
        np.testing.assert_array_equal(frames[chosen], fewer.frames[channel], err_msg=channel)


@pytest.mark.parametrize("config", [LEVEL, TILTED], ids=["level", "tilted"])
def test_threads_do_not_matter(config, maps, state):
    one, two = swept(config, maps, state), swept(config, maps, state, threads=2)
    for channel in one.frames:
        np.testing.assert_array_equal(one.frames[channel], two.frames[channel], err_msg=channel)


@pytest.mark.parametrize("channel", LIDAR_CHANNELS)
def test_a_channel_is_the_same_alone_as_with_the_others(channel, maps, state):
    alone = swept(LidarConfig(columns=120, channels=(channel,), faults=FAULTS), maps, state)
    assert list(alone.frames) == [channel]
    np.testing.assert_array_equal(alone.frames[channel], swept(LEVEL, maps, state).frames[channel])


def test_a_world_that_is_not_due_keeps_its_sweep(maps, state):
    lidar = swept(LEVEL, maps, state)
    before = {channel: frames.copy() for channel, frames in lidar.frames.items()}
    moved = part_of(state, list(range(WORLDS)))
    moved.actors.yaw[:, 0] += 0.5
    due = np.zeros(WORLDS, np.bool_)
    due[[2, 6]] = True
    lidar.update(maps, moved, Launcher(), due)
    expected = swept(LEVEL, maps, moved)
    for channel, frames in lidar.frames.items():
        np.testing.assert_array_equal(frames[due], expected.frames[channel][due], err_msg=channel)
        np.testing.assert_array_equal(frames[~due], before[channel][~due], err_msg=channel)


def test_the_fast_path_measures_what_the_other_does(maps, state):
    level = LidarConfig(columns=120, channels=("range", "intensity"))
    almost = LidarConfig(columns=120, channels=("range", "intensity"), pitch_deg=1e-7)
    fast = swept(level, maps, state, until="truth").frames
    slow = swept(almost, maps, state, until="truth").frames
    differ = np.abs(fast["range"] - slow["range"]) > 1e-2
    assert differ.mean() < 5e-4
    assert (np.abs(fast["intensity"] - slow["intensity"])[~differ] > 1e-2).mean() < 5e-3


def test_stages_called_one_by_one_end_where_update_does(maps, state):
    lidar = Lidar(LEVEL, WORLDS)
    for stage in ("truth", "medium", "device", "faults"):
        getattr(lidar, stage)(maps, state, Launcher(), None)
    whole = swept(LEVEL, maps, state)
    for channel in lidar.frames:
        np.testing.assert_array_equal(lidar.frames[channel], whole.frames[channel], err_msg=channel)


def test_every_driver_measures_from_its_own_car(maps, state):
    two = part_of(state, [0, 1, 2])
    slots = np.stack((np.zeros(3, np.int32), np.full(3, 3, np.int32)), axis=1)
    two = two._replace(drivers=two.drivers._replace(slot=slots))
    pair = Lidar(LEVEL, 3, driver_count=2)
    pair.update(maps, two, Launcher(), until="truth")
    for driver in range(2):
        one = two._replace(drivers=two.drivers._replace(slot=slots[:, driver : driver + 1].copy()))
        alone = swept(LEVEL, maps, one, until="truth")
        for channel, frames in alone.frames.items():
            np.testing.assert_array_equal(pair.frames[channel][driver::2], frames, err_msg=channel)


def test_drivers_of_a_world_draw_apart(maps, state):
    two = part_of(state, [0])
    two = two._replace(drivers=two.drivers._replace(slot=np.zeros((1, 2), np.int32)))
    pair = Lidar(LEVEL, 1, driver_count=2)
    pair.update(maps, two, Launcher())
    assert (pair.frames["range"][0] != pair.frames["range"][1]).mean() > 0.3


def test_a_copy_measures_the_same_and_apart(maps, state):
    lidar = swept(LEVEL, maps, state)
    twin = copy.deepcopy(lidar)
    lidar.frames["range"][:] = -1.0
    twin.update(maps, state, Launcher())
    np.testing.assert_array_equal(twin.frames["range"], swept(LEVEL, maps, state).frames["range"])
    assert (lidar.frames["range"] == -1.0).all()


def test_a_lidar_with_latency_is_restored_from_a_snapshot(maps, state):
    config = LidarConfig(columns=60, beams=8, rate_hz=5.0, latency_s=0.2, channels=("range",))
    run = part_of(state, list(range(WORLDS)))

    def drive(rig, ticks):
        seen = []
        for tick in ticks:
            run.worlds.tick[:] = tick
            run.actors.x[:, 0] = state.actors.x[:, 0] + 0.5 * tick
            rig.update(maps, run, Launcher())
            seen.append({key: frames.copy() for key, frames in rig.observation().items()})
        return seen

    rig = Rig((config,), WORLDS)
    drive(rig, range(7))
    snapshot = rig.snapshot()
    expected = drive(rig, range(7, 14))
    other = Rig((config,), WORLDS)
    other.restore(snapshot)
    for first, second in zip(expected, drive(other, range(7, 14)), strict=True):
        assert first.keys() == {"lidar_range", "lidar_time", "lidar_age"}
        for key in first:
            np.testing.assert_array_equal(first[key], second[key], err_msg=key)
