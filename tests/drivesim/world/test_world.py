"""`World` as a whole, on the maps it is made for."""

import dataclasses

import numpy as np
import pytest

from drivesim.config import ENV_PRESETS, EnvConfig, MapConfig, replace
from drivesim.errors import ActionError, ConfigError, SimulationError, Status
from drivesim.maps.bank import MapBank
from drivesim.rng import Purpose, below, bits
from drivesim.state import EndReason, RewardTerm
from drivesim.world.contacts import overlap_count
from drivesim.world.step import World

CONFIGS = {
    "lane": replace(ENV_PRESETS["lane"], map={"count": 3}),
    "highway": replace(ENV_PRESETS["highway"], map={"count": 3}),
}
BANKS: dict[MapConfig, MapBank] = {}


def bank_of(config: EnvConfig) -> MapBank:
    if config.map not in BANKS:
        BANKS[config.map] = MapBank.build(config.map)
    return BANKS[config.map]


def make(name="lane", count=1, threads=1, **changes) -> World:
    config = replace(CONFIGS[name], **changes)
    return World(bank_of(config), config, count, threads)


def ended(world: World) -> np.ndarray:
    return world.state.episode.end[:, 0] != EndReason.RUNNING


def wild(world: World, step: int) -> np.ndarray:
    """Follows the expert, and now and then swerves: a function of the state, so that equal worlds stay equal."""
    action = world.state.plan.expert_action[:, 0].copy()
    swerves = (world.state.worlds.tick // 25 + world.state.worlds.map) % 4 == 3
    action[:, 0] += np.where(swerves, np.float32(0.6), np.float32(0.0))
    action[:, 1] += np.float32(0.2)
    return action


def drive(world: World, steps: int, *, autoreset: bool = True) -> list[dict[str, np.ndarray]]:
    """Snapshots after every step; ended worlds begin anew at the next step."""
    trace = []
    for step in range(steps):
        over = ended(world)
        world.step(wild(world, step))
        if autoreset and over.any():
            world.reset(mask=over)
        trace.append(world.snapshot())
    return trace


def assert_equal(left: list, right: list, rows=slice(None)) -> None:
    for step, (a, b) in enumerate(zip(left, right, strict=True)):
        for name in a:
            np.testing.assert_array_equal(a[name], b[name][rows], err_msg=f"{name} at step {step}")


@pytest.fixture(params=sorted(CONFIGS))
def name(request):
    return request.param


def test_batch_size_and_threads_change_no_bit(name):
    reference = make(name, 64)
    reference.reset(seed=10)
    expected = drive(reference, 150)
    assert max(frame["worlds.episode"].max() for frame in expected) >= 2
    for count, threads in ((64, 2), (7, 1), (7, 2), (1, 1)):
        world = make(name, count, threads)
        world.reset(seed=10)
        assert_equal(drive(world, 150), expected, rows=slice(0, count))
        world.launcher.close()


def test_world_i_equals_a_single_world_of_seed_plus_i_across_resets(name):
    batch = make(name, 5)
    batch.reset(seed=20)
    expected = drive(batch, 200)
    assert expected[-1]["worlds.episode"].max() >= 1
    for index in range(5):
        single = make(name)
        single.reset(seed=20 + index)
        assert_equal(drive(single, 200), expected, rows=slice(index, index + 1))


def test_a_restored_snapshot_drives_the_same_200_steps(name):
    world = make(name, 6)
    world.reset(seed=30)
    drive(world, 40)
    saved = world.snapshot()
    first = drive(world, 200)
    world.restore(saved)
    assert_equal(drive(world, 200), first)


def test_a_snapshot_is_a_copy(name):
    world = make(name)
    world.reset(seed=1)
    saved = world.snapshot()
    x = float(saved["actors.x"][0, 0])
    drive(world, 5)
    assert float(saved["actors.x"][0, 0]) == x != float(world.state.actors.x[0, 0])


def test_the_same_seed_gives_the_same_episode_and_another_seed_another(name):
    worlds = [make(name, 4) for _ in range(3)]
    for world, seed in zip(worlds, (5, 5, 6), strict=True):
        world.reset(seed=seed)
    for column in ("x", "speed"):
        one, same, other = (getattr(world.state.actors, column) for world in worlds)
        np.testing.assert_array_equal(one, same)
        assert (one != other).any()
        np.testing.assert_array_equal(one[1:], other[:-1])


def test_an_episode_is_named_by_its_seed_and_number_not_by_what_came_before(name):
    one, other = make(name), make(name)
    one.reset(seed=8)
    drive(one, 60, autoreset=False)
    one.reset()
    other.reset(seed=8)
    other.reset()
    assert_equal([one.snapshot()], [other.snapshot()])
    assert one.state.worlds.episode.tolist() == [1]
    one.reset(seed=8)
    assert one.state.worlds.episode.tolist() == [0]


def test_map_and_route_are_drawn_from_the_episodes_key():
    world = make("highway", 200)
    world.reset(seed=0)
    record, routes = world.state.worlds, world.bank.arrays.routes
    route = world.state.navigation.route[:, 0]
    for i in range(200):
        key = np.uint64(bits(np.uint64(i), int(Purpose.EPISODE), 0, np.int32(0)))
        number = int(below(key, int(Purpose.MAP), 0, 0, 3))
        count = int(routes.map_end[number] - routes.map_first[number])
        assert record.map[i] == number
        assert route[i] == routes.map_first[number] + below(key, int(Purpose.ROUTE), 0, 0, count)
    assert set(record.map) == {0, 1, 2}
    assert len(set(route)) > 6


def test_maps_and_routes_can_be_chosen():
    world = make("highway", 4)
    counts = world.bank.route_counts(np.arange(3))
    world.reset(seed=0, maps=[2, 1, -1, 0], routes=[0, counts[1] - 1, -1, -1])
    first = world.bank.arrays.routes.map_first
    assert world.state.worlds.map[[0, 1, 3]].tolist() == [2, 1, 0]
    assert world.state.navigation.route[:, 0][:2].tolist() == [first[2], first[1] + counts[1] - 1]
    with pytest.raises(ConfigError, match="maps: expected numbers from -1 to 2, got \\[3, 0, 0, 0\\]"):
        world.reset(maps=[3, 0, 0, 0])
    with pytest.raises(ConfigError, match=f"routes: map 1 has {counts[1]} routes, got number 99"):
        world.reset(maps=[1, 1, 1, 1], routes=[99, 0, 0, 0])
    with pytest.raises(ConfigError, match="routes: expected -1 where no map is chosen"):
        world.reset(routes=[0, 0, 0, 0])
    with pytest.raises(ConfigError, match="maps: expected 4 integers"):
        world.reset(maps=[0.5, 1, 1, 1])
    with pytest.raises(ConfigError, match="maps: expected numbers from -1 to 2"):
        world.reset(maps=[2**32, 0, 0, 0])


def test_a_masked_reset_leaves_the_other_worlds_as_they_are(name):
    world = make(name, 5)
    world.reset(seed=2)
    drive(world, 20, autoreset=False)
    before = world.snapshot()
    mask = np.array([False, True, False, False, True])
    world.reset(mask=mask)
    after = world.snapshot()
    for column in before:
        np.testing.assert_array_equal(after[column][~mask], before[column][~mask], err_msg=column)
    assert after["worlds.tick"].tolist() == [20, 0, 20, 20, 0]
    assert after["worlds.episode"].tolist() == [0, 1, 0, 0, 1]


def test_worlds_can_be_seeded_one_by_one():
    world = make("lane", 3)
    world.reset(seed=[7, 2**64 - 1, 7])
    assert world.state.worlds.seed.tolist() == [7, 2**64 - 1, 7]
    assert world.state.actors.x[0, 0] == world.state.actors.x[2, 0]


@pytest.mark.parametrize(
    ("seed", "message"),
    [(-1, "seed: expected integers in 0"), ([1, 2], "seed: expected 3 seeds, got 2"), ([1, -2, 3], "got -2")],
)
def test_impossible_seeds_are_refused(seed, message):
    world = make("lane", 3)
    with pytest.raises(ConfigError, match=message):
        world.reset(seed=seed)


def test_without_a_seed_two_worlds_differ_and_can_be_replayed():
    one, other = make("lane"), make("lane")
    one.reset()
    other.reset()
    seed = int(one.state.worlds.seed[0])
    assert seed != int(other.state.worlds.seed[0])
    x = float(one.state.actors.x[0, 0])
    one.reset(seed=seed)
    assert float(one.state.actors.x[0, 0]) == x


def test_an_ended_world_is_frozen_and_earns_nothing():
    world = make("lane", 2)
    world.reset(seed=3)
    while not ended(world)[0]:
        action = world.state.plan.expert_action[:, 0].copy()
        action[0, 0] = 1.0
        world.step(action)
    assert EndReason(world.state.episode.end[0, 0]) in (EndReason.OFF_ROAD, EndReason.WRONG_WAY, EndReason.COLLISION)
    assert world.state.episode.reward[0, 0].sum() < -1.0
    before = world.snapshot()
    world.step(world.state.plan.expert_action[:, 0])
    after = world.snapshot()
    for column in before:
        if column == "episode.reward":
            assert not after[column][0].any()
        else:
            np.testing.assert_array_equal(after[column][0], before[column][0], err_msg=column)
    assert after["worlds.tick"][1] == before["worlds.tick"][1] + 1


def test_the_expert_reaches_the_end_of_every_route_it_is_given(name):
    world = make(name, 16)
    world.reset(seed=40)
    for _ in range(900):
        world.step(world.state.plan.expert_action[:, 0])
        assert all(overlap_count(world.state.actors, index) == 0 for index in np.flatnonzero(~ended(world))[:4])
        if ended(world).all():
            break
    assert [EndReason(end).name for end in world.state.episode.end[:, 0]] == ["SUCCESS"] * 16
    assert world.state.navigation.completion[:, 0].tolist() == [1.0] * 16


def test_labels_belong_to_the_current_state_after_reset_and_step(name):
    world = make(name, 3)
    world.reset(seed=1)
    for _ in range(3):
        current = {**world.state.plan._asdict(), **world.state.labels._asdict()}
        labels = {column: array.copy() for column, array in current.items()}
        acceleration = world.state.actors.accel_decided.copy()
        world.decide()
        np.testing.assert_array_equal(world.state.actors.accel_decided[:, 1:], acceleration[:, 1:])
        for column in ("lane_offset", "lane_curvature", "lead_distance", "waypoints", "expert_action"):
            np.testing.assert_array_equal(current[column], labels[column], err_msg=column)
        world.step(labels["expert_action"][:, 0])


def test_the_progress_terms_of_an_episode_add_up_to_its_route():
    world = make("lane")
    world.reset(seed=9)
    length = float(world.state.navigation.remaining[0, 0])
    total = np.zeros(8)
    while not ended(world)[0]:
        world.step(world.state.plan.expert_action[:, 0])
        total += world.state.episode.reward[0, 0]
    assert total[RewardTerm.PROGRESS] == pytest.approx(length, rel=1e-4)
    assert total[RewardTerm.SUCCESS] == 50.0
    assert total[RewardTerm.COLLISION :].tolist() == [0.0, 0.0, 0.0]


def test_actions_beyond_the_range_are_clipped():
    one, other = make("lane"), make("lane")
    for world, value in ((one, 1.0), (other, 50.0)):
        world.reset(seed=4)
        world.step(np.full((1, 2), value))
    assert_equal([one.snapshot()], [other.snapshot()])
    assert one.state.actuators.action[:, 0].tolist() == [[1.0, 1.0]]


@pytest.mark.parametrize(
    ("action", "message"),
    [
        (np.zeros(2), r"expected numbers of shape \(3, 2\), got float64 \(2,\)"),
        (np.zeros((2, 2), np.float32), r"got float32 \(2, 2\)"),
        (np.array([["a", "b"]] * 3), r"expected numbers"),
        (np.array([[0, 0], [0, np.nan], [0, 0]]), r"expected finite values, got \[0.0, nan\] for world 1"),
        (np.array([[0, 0], [0, 0], [-np.inf, 0]]), "for world 2"),
    ],
)
def test_impossible_actions_are_refused_and_nothing_moves(action, message):
    world = make("lane", 3)
    world.reset(seed=0)
    before = world.snapshot()
    with pytest.raises(ActionError, match=message):
        world.step(action)
    assert_equal([world.snapshot()], [before])


@pytest.mark.parametrize(
    ("action", "message"),
    [
        ([0, 1, 5], r"values in 0 .. 4, got \[0, 1, 5\]"),
        ([0, -1, 0], r"values in 0 .. 4"),
        ([0.0, 1.0, 2.0], r"expected integers of shape \(3,\), got float64"),
        ([0, 1], r"got int64 \(2,\)"),
    ],
)
def test_impossible_meta_actions_are_refused(action, message):
    world = make("lane", 3, action_type="discrete")
    world.reset(seed=0)
    with pytest.raises(ActionError, match=message):
        world.step(np.array(action))


def test_a_world_without_meaning_is_reported_with_what_replays_it():
    world = make("lane", 3)
    world.reset(seed=70)
    world.step(np.zeros((3, 2)))
    world.state.actors.speed[1, 0] = np.nan
    with pytest.raises(SimulationError, match="NON_FINITE.* in 1 of 3 worlds; first: world 1, seed 71, tick 2"):
        world.step(np.zeros((3, 2)))
    assert world.state.worlds.status[0] == Status.OK
    world.reset(mask=np.array([False, True, False]))
    world.step(np.zeros((3, 2)))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda saved: saved.pop("actuators.jerk"), "actuators.jerk"),
        (lambda saved: saved.update(extra=np.zeros(1)), "extra"),
        (lambda saved: saved.update({"actors.x": np.zeros((9, 1), np.float32)}), r"expected shape \(2, 1\)"),
        (lambda saved: saved.update({"actors.x": np.zeros((2, 1))}), "expected dtype float32, got float64"),
    ],
)
def test_a_foreign_snapshot_is_refused_and_nothing_changes(change, message):
    world = make("lane", 2)
    world.reset(seed=0)
    before, saved = world.snapshot(), world.snapshot()
    change(saved)
    with pytest.raises(ValueError, match=message):
        world.restore(saved)
    assert_equal([world.snapshot()], [before])


def test_masks_are_checked():
    world = make("lane", 2)
    with pytest.raises(ValueError, match="mask: expected shape"):
        world.reset(seed=0, mask=np.ones(3, np.bool_))
    with pytest.raises(ValueError, match="mask: expected dtype bool"):
        world.reset(seed=0, mask=np.ones(2))


def test_other_control_rates_drive_the_same_road():
    slow, fast = make("lane", 4), make("lane", 4, control_rate_hz=20)
    for world, steps in ((slow, 100), (fast, 200)):
        world.reset(seed=50)
        for _ in range(steps):
            world.step(world.state.plan.expert_action[:, 0])
    assert np.abs(slow.state.episode.distance_m[:, 0] - fast.state.episode.distance_m[:, 0]).max() < 1.0
    assert dataclasses.asdict(fast.config)["control_rate_hz"] == 20
