import dataclasses

import numpy as np
import pytest
from numba import njit

from drivesim.config import EnvConfig, TrafficConfig
from drivesim.envs.episode import end_info, step_info
from drivesim.maps.bank import MapBank
from drivesim.maps.control import Light
from drivesim.semantics import LightColor
from drivesim.state import Event
from drivesim.tasks.stop_lines import judge_stop_lines
from drivesim.world.step import World
from drivesim.world.vehicle import REAR_OVERHANG
from tests.reference.networks import ARM_M, BOX_M, SIDE_M, four_way
from tests.reference.stage import FRONT, Stage

LINE_X = -BOX_M - 1.0
"""The line of arm 0, which comes from the west."""
COLORS = {
    LightColor.RED: True, LightColor.RED_AMBER: True, LightColor.GREEN: False, LightColor.AMBER: False,
    LightColor.DARK: False, LightColor.AMBER_FLASHING: False,
}  # fmt: skip


@njit
def judge(maps, state, parameters, world, driver):
    judge_stop_lines(maps, state, parameters, world, driver)


def bank_of(kind: str) -> MapBank:
    network = four_way()
    signals = tuple(
        dataclasses.replace(each, type=kind, light=0 if kind == "1000001" else -1) for each in network.signals
    )
    lights = (Light(phases=((10.0, LightColor.RED),)),)
    return MapBank.bare([dataclasses.replace(network, signals=signals, lights=lights)])


@pytest.fixture(scope="module")
def lit():
    return bank_of("1000001")


@pytest.fixture(scope="module")
def signed():
    return bank_of("206")


def drive(stage: Stage, rears, *, speed: float = 5.0, y: float = -SIDE_M) -> None:
    """Moves the rear bumper along arm 0 from place to place, a step each."""
    for number, rear in enumerate(rears):
        x = rear + REAR_OVERHANG
        inside = x >= -BOX_M
        # Lane 8 + STRAIGHT leads across.
        where = {"lane": 9 if inside else 0, "s": x + BOX_M if inside else x + BOX_M + ARM_M, "x": x, "y": y}
        actors = stage.state.actors
        before = float(actors.x[0, 0]), float(actors.y[0, 0])
        stage.put(**where, speed=speed)
        if number:
            actors.before_x[0, 0], actors.before_y[0, 0] = before
            stage.state.worlds.tick[0] += 1
            stage.call(judge)


@pytest.mark.parametrize(("color", "runs"), COLORS.items(), ids=[color.name.lower() for color in COLORS])
def test_a_light_is_run_when_the_rear_passes_its_line_at_red(lit, color, runs):
    stage = Stage(lit)
    stage.state.lights.color[0, 0] = color
    drive(stage, [LINE_X - 0.3, LINE_X + 0.3])
    assert stage.red_light is runs
    drive(stage, [LINE_X + 0.3, LINE_X + 0.9])
    assert not stage.red_light
    assert stage.state.events.count[0, 0, Event.RED_LIGHT] == int(runs)


@pytest.mark.parametrize("rears", [(-3.0, -0.1), (0.1, 0.9), (0.5, -0.5)], ids=["before", "past", "backwards"])
def test_no_light_is_run_without_crossing_its_line_forwards(lit, rears):
    stage = Stage(lit)
    stage.state.lights.color[0, 0] = LightColor.RED
    drive(stage, [LINE_X + rear for rear in rears])
    assert not stage.red_light


def test_a_light_does_not_hold_beside_its_lane(lit):
    stage = Stage(lit)
    stage.state.lights.color[0, 0] = LightColor.RED
    drive(stage, [LINE_X - 0.3, LINE_X + 0.3], y=SIDE_M)
    assert not stage.red_light


def test_a_line_is_crossed_once_whatever_the_steps(lit, rng):
    for _ in range(20):
        stage = Stage(lit)
        stage.state.lights.color[0, 0] = LightColor.RED
        drive(stage, np.cumsum([LINE_X - 6.0, *rng.uniform(0.01, 1.5, 16)]))
        assert stage.state.events.count[0, 0, Event.RED_LIGHT] == int(
            stage.state.actors.x[0, 0] - REAR_OVERHANG >= LINE_X
        )


@pytest.mark.parametrize(
    ("front", "speed", "runs"),
    [(-0.5, 0.05, False), (-3.9, 0.0, False), (-4.2, 0.0, True), (1.0, 0.0, False), (-0.5, 0.2, True)],
)
def test_a_stop_sign_asks_for_standing_within_4_m_of_its_line(signed, front, speed, runs):
    stage = Stage(signed)
    rear = LINE_X + front - FRONT - REAR_OVERHANG
    drive(stage, [rear - 0.1, rear], speed=speed)
    drive(stage, np.linspace(rear, LINE_X + 1.0, 40))
    assert stage.state.events.count[0, 0, Event.STOP_SIGN] == int(runs)
    assert not stage.has_stopped


def test_a_stop_holds_for_one_sign(signed):
    stage = Stage(signed)
    rear = LINE_X - 1.0 - FRONT - REAR_OVERHANG
    for _ in range(2):
        drive(stage, [rear - 0.1, rear], speed=0.0)
        drive(stage, np.linspace(rear, LINE_X + 1.0, 30))
    assert stage.state.events.count[0, 0, Event.STOP_SIGN] == 0
    drive(stage, np.linspace(rear, LINE_X + 1.0, 30))
    assert stage.state.events.count[0, 0, Event.STOP_SIGN] == 1


@pytest.mark.parametrize("color", [LightColor.RED, LightColor.GREEN])
def test_who_drives_on_at_red_is_told_so_and_goes_on(lit, color):
    world = World(lit, EnvConfig(sensors=(), traffic=TrafficConfig(car_count=0)), 2)
    # Straight on from arm 0 and from arm 1.
    world.reset(seed=1, maps=[0, 0], routes=[1, 4])
    world.state.lights.held[:] = 1 + color
    seen = np.zeros(2, int)
    for _ in range(300):
        world.step(np.tile(np.array([0.0, 0.2], np.float32), (2, 1)))
        seen += step_info(world.state)["red_light"]
        if (world.state.episode.end[:, 0] != 0).all():
            break
    info, runs = step_info(world.state), int(color == LightColor.RED)
    assert seen.tolist() == [runs, runs]
    assert info["red_light_count"].tolist() == [runs, runs]
    assert end_info(world.state)["success"].all()
    assert info["driving_score"] == pytest.approx(100.0 / (1.0 + 0.4 * runs))
    times = end_info(world.state)["red_light_time"]
    assert np.isnan(times).all() if not runs else ((times > 0.0) & (times < 30.0)).all()
