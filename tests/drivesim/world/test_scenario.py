"""Situations happen as their files say: hand-worked meetings, events, and the same bits in any batch."""

import numpy as np
import pytest

from drivesim.config import EnvConfig, TrafficConfig
from drivesim.extensions import Extensions
from drivesim.maps.bank import MapBank
from drivesim.scenarios import ScenarioSet, load_suite, scenario_from
from drivesim.semantics import LightColor
from drivesim.state import EndReason
from drivesim.world.step import World

EGO_WIDTH, EGO_FRONT = 1.815, 4.358 - 0.83
STRAIGHT = ("CPNA", "CPFA", "CPNCO", "CBNA", "CBFA")
HIP = {"CPNA": 0.06, "CPFA": -0.06, "CPNCO": 0.0405, "CBNA": -0.025, "CBFA": 0.025}
"""Centre of the body minus the point that is to be hit, left positive [m]: hip 0.36 m behind the front of 0.6 m, or
0.396 of 0.711 m; crank 0.62 m before a rear axle that is 0.595 m behind the middle."""


def world_of(scenarios: ScenarioSet, count: int | None = None) -> World:
    config = EnvConfig(sensors=(), traffic=TrafficConfig(car_count=max(v.car_count for v in scenarios.variants)))
    count = len(scenarios.variants) if count is None else count
    return World(MapBank(scenarios.roads), config, count, extensions=Extensions(scenarios=scenarios))


def coasting(world: World, speed: np.ndarray) -> np.ndarray:
    """The expert's steering at constant speed."""
    action = world.state.plan.expert_action[:, 0].copy()
    action[:, 1] = 0.25 * (speed - world.state.actors.speed[:, 0])
    return action


def test_who_does_nothing_hits_crossing_targets_where_and_when_the_test_says():
    suite = load_suite("ncap_aeb_2023").only(*STRAIGHT)
    world = world_of(suite)
    count = len(suite.variants)
    world.reset(list(range(count)), variants=np.arange(count))
    actors = world.state.actors
    speed, slot = actors.speed[:, 0].copy(), actors.kind.shape[1] - world.state.scenario.x.shape[1]
    x, y, centre = [actors.x[:, 0].copy()], [actors.y[:, 0].copy()], [actors.y[:, slot].copy()]
    while (world.state.episode.end == EndReason.RUNNING).any():
        world.step(coasting(world, speed))
        for rows, values in ((x, actors.x[:, 0]), (y, actors.y[:, 0]), (centre, actors.y[:, slot])):
            rows.append(values.copy())
    assert (world.state.episode.end == EndReason.COLLISION).all()
    np.testing.assert_allclose(world.state.scenario.impact_speed, speed, rtol=1e-4)
    for row, variant in enumerate(suite.variants):
        end = int(world.state.worlds.tick[row])
        times = 0.1 * np.arange(end + 1)
        near = float(actors.x[row, slot]) - 0.5 * float(actors.width[row, slot])
        meeting = (near - EGO_FRONT - float(x[0][row])) / float(speed[row])
        body = float(actors.length[row, slot]) / 2.0 - float(actors.rear[row, slot])
        sign = 1.0 if centre[-1][row] > centre[0][row] else -1.0
        path = np.array([values[row] for values in centre[: end + 1]]) + sign * body
        at_hit = float(np.interp(meeting, times, path)) - float(y[0][row]) - HIP[variant.family]
        overlap = dict(variant.values)["overlap"]
        assert at_hit == pytest.approx(EGO_WIDTH * (float(overlap) / 100.0 - 0.5), abs=0.05), variant.title
        pace = abs(path[-1] - path[-2]) / 0.1
        off = abs(at_hit - EGO_WIDTH * (float(overlap) / 100.0 - 0.5)) / pace
        assert off < 0.05, variant.title


def test_cars_are_met_with_the_overlap_asked_for_at_the_speed_of_the_test():
    suite = load_suite("ncap_aeb_2023").only("CCRs", "CCRm", "CCRb", "CCFtap", "CCCscp", "CPTA")
    count = len(suite.variants)
    world = world_of(suite)
    world.reset(list(range(count)), variants=np.arange(count))
    actors = world.state.actors
    speed, slot = actors.speed[:, 0].copy(), actors.kind.shape[1] - world.state.scenario.x.shape[1]
    while (world.state.episode.end == EndReason.RUNNING).any():
        world.step(coasting(world, speed))
    assert (world.state.episode.end == EndReason.COLLISION).all()
    reference = np.array([variant.score.reference_m_s for variant in suite.variants])
    # A lead that brakes at 6 m/s^2 loses 0.3 m/s within half a step.
    np.testing.assert_allclose(world.state.scenario.impact_speed, reference, atol=0.35)
    for row, variant in enumerate(suite.variants):
        if variant.family in ("CCRs", "CCRm"):
            beside = abs(float(actors.y[row, slot] - actors.y[row, 0]))
            shared = min(0.5 * (EGO_WIDTH + 1.712) - beside, 1.712)
            asked = abs(float(dict(variant.values)["overlap"])) / 100.0
            assert shared == pytest.approx(min(asked * EGO_WIDTH, 1.712), abs=0.02)
        if variant.family in ("CCRs", "CCRm"):
            assert world.state.worlds.tick[row] in (50, 51), "five seconds to the impact"


MOVES = {
    "name": "moves",
    "parameters": {"how": ["rate", "time", "distance", "lateral"]},
    "let": {"sideways": "${1 if how == 'lateral' else 0}"},
    "road": {"lanes": 2, "backward": 0},
    "ego": {"speed_m_s": 5, "cruise_m_s": 5},
    "users": [{"name": "car", "kind": "car", "along_m": 100, "speed_m_s": 10, "length_m": 4, "rear_m": 1}],
    "end": [{"action": {"type": "end"}, "all": [{"type": "simulation_time", "value": 8}]}],
}
ACTS = {
    "rate": {"type": "speed", "user": "car", "speed_m_s": 4, "rate_m_s2": 3},
    "time": {"type": "speed", "user": "car", "speed_m_s": 4, "time_s": 4},
    "distance": {"type": "speed", "user": "car", "speed_m_s": 0, "distance_m": 25},
    "lateral": {"type": "offset", "user": "car", "left_m": 3.5, "lateral_speed_m_s": 1.0},
}


def test_changes_of_speed_and_place_are_as_worked_out_by_hand():
    # All begin at 1.03 s, within a step. Places at 8 s: 10 m/s until then, then as each says.
    sets = [
        scenario_from(
            {
                **MOVES,
                "parameters": {"how": [how]},
                "events": [{"action": act, "all": [{"type": "simulation_time", "value": 1.03}]}],
            }
        )
        for how, act in ACTS.items()
    ]
    scenarios = ScenarioSet("moves", tuple(each.variants[0] for each in sets))
    world = world_of(scenarios)
    world.reset(0, variants=np.arange(4))
    for _ in range(80):
        world.step(world.state.plan.expert_action[:, 0])
    scene = world.state.scenario
    expected = [
        100 + 10.3 + 2 * 7 + (6.97 - 2) * 4,
        100 + 10.3 + 4 * 7 + (6.97 - 4) * 4,
        100 + 10.3 + 25,
        100 + 80,
    ]
    np.testing.assert_allclose(scene.along[:, 0], expected, atol=2e-3)
    np.testing.assert_allclose(scene.speed[:, 0], [4, 4, 0, 10])
    assert scene.left[3, 0] == pytest.approx(3.5)
    assert world.state.actors.y[3, 1] - world.state.actors.y[3, 0] == pytest.approx(3.5, abs=0.05)
    assert (world.state.episode.end == EndReason.SUCCESS).all()


def test_events_follow_one_another_and_lights_are_held():
    scenarios = scenario_from(
        {
            "name": "chain",
            "road": {"scene": "crossing", "control": "lights", "length_m": 100},
            "ego": {"route": 6, "speed_m_s": 8, "along_m": 10},
            "users": [{"name": "van", "kind": "van", "along_m": 60, "left_m": -4, "hidden": True}],
            "events": [
                {"action": {"type": "hold_lights", "color": "red", "others": "green"}},
                {"name": "near", "action": {"type": "appear", "user": "van"},
                 "all": [{"type": "reach_position", "value": 30}, {"type": "speed", "value": 2, "rule": "greater"}]},
                {"action": {"type": "vanish", "user": "van"}, "any": [{"type": "event", "event": "near", "value": 2}]},
                {"action": {"type": "hold_lights", "color": "green", "others": "red"},
                 "all": [{"type": "stand_still", "value": 1}]},
            ],
            "end": [{"action": {"type": "end"}, "all": [{"type": "reach_position", "value": 130}]}],
        }
    )  # fmt: skip
    world = world_of(scenarios)
    world.reset(0)
    actors, lights = world.state.actors, world.state.lights.color[0]
    assert np.isin(LightColor.RED, lights) and np.isin(LightColor.GREEN, lights)
    seen, stood = [], False
    while world.state.episode.end[0, 0] == EndReason.RUNNING:
        world.step(world.state.plan.expert_action[:, 0])
        seen.append(bool(actors.kind[0, 1]))
        stood |= bool(world.state.scenario.still[0] > 1.0)
    assert world.state.episode.end[0, 0] == EndReason.SUCCESS and stood
    assert sum(seen) == pytest.approx(20, abs=1)
    began = world.state.scenario.began[0]
    front = 10 + 4.508 - 1.05
    assert began[1] == pytest.approx((30 - front) / 8, abs=0.3), "about when the front is there"
    assert began[2] - began[1] == pytest.approx(2.0, abs=1e-3)


def test_a_batch_of_situations_equals_single_ones_and_goes_on_from_a_snapshot():
    suite = load_suite("town_situations").only("DynamicObjectCrossing", "HighwayCutIn", "EncounterRedLight")
    chosen = np.array([0, 5, 12, 7])
    many = world_of(suite, 4)
    many.reset([5, 6, 7, 8], variants=chosen)
    for _ in range(60):
        many.step(many.state.plan.expert_action[:, 0])
    kept = many.snapshot()
    for _ in range(30):
        many.step(many.state.plan.expert_action[:, 0])
    last = many.snapshot()
    many.restore(kept)
    for _ in range(30):
        many.step(many.state.plan.expert_action[:, 0])
    one = world_of(suite, 1)
    one.reset([7], variants=chosen[2:3])
    for _ in range(90):
        one.step(one.state.plan.expert_action[:, 0])
    for name, values in many.snapshot().items():
        np.testing.assert_array_equal(values, last[name], err_msg=name)
    for name in ("actors.x", "actors.speed", "scenario.along", "scenario.phase", "lights.color"):
        np.testing.assert_array_equal(one.snapshot()[name][0], last[name][2], err_msg=name)
