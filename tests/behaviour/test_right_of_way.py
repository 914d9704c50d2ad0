"""Who goes first at a crossing, what lights do, and that nobody blocks it: cars put by hand, no driver of ours."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from drivesim.config import EnvConfig, TrafficConfig
from drivesim.maps.bank import MapBank
from drivesim.maps.control import Junction, JunctionControl, Light, Signal
from drivesim.maps.network import RoadNetwork
from drivesim.maps.procedural.town import scenes
from drivesim.maps.procedural.town.plan import Control
from drivesim.semantics import LightColor
from drivesim.state import ActorKind, Motion
from drivesim.world.census import count_worlds, new_census
from drivesim.world.step import World
from tests.reference.networks import ARM_M, LEFT, RIGHT, STRAIGHT, four_way

NEVER = 1_000_000
CAR = {
    "kind": ActorKind.CAR, "driver": -1, "motion": Motion.LANE_FOLLOWER, "length": 4.5, "width": 1.8, "height": 1.5,
    "rear": 0.9, "wheelbase": 2.7, "second_lane": -1, "change_ticks": -1, "cooldown": NEVER, "d": 0.0, "accel": 0.0,
    "accel_decided": 0.0, "speed_factor": 1.0, "speed_max": np.inf, "time_headway": 1.5, "min_gap": 2.0,
    "accel_max": 1.4, "brake_comfort": 2.0, "lead": -1, "lead_gap": np.inf,
}  # fmt: skip
LINE = ARM_M - 1.0


def crossing(
    turns: dict[int, int],
    control: JunctionControl = JunctionControl.PRIORITY_TO_RIGHT,
    signs: dict[int, str] | None = None,
    colors: tuple[LightColor, LightColor] | None = None,
) -> RoadNetwork:
    """The four-way junction, on which every arm leads one way.

    Args:
        turns: Way of an arm's cars; straight on where nothing is said.
        control: Of the junction.
        signs: On the ways in of some arms.
        colors: What lights show to arms 0 and 2, and to arms 1 and 3, for 20 s; then the other way round.
    """
    network = four_way()
    lanes = list(network.lanes)
    for arm in range(4):
        lanes[arm] = replace(lanes[arm], successors=(8 + 3 * arm + turns.get(arm, STRAIGHT),))
    place: dict[str, Any] = {"x": 0.0, "y": 0.0, "yaw": 0.0, "stop_s": LINE}
    signals = [Signal(type=sign, lane=arm, **place) for arm, sign in (signs or {}).items()]
    lights: tuple[Light, ...] = ()
    if colors is not None:
        lights = tuple(Light(phases=((20.0, one), (20.0, other))) for one, other in (colors, colors[::-1]))
        signals += [Signal(type="1000001", lane=arm, light=arm % 2, **place) for arm in range(4)]
    return replace(
        network, lanes=tuple(lanes), signals=tuple(signals), lights=lights, routes=(),
        junctions=(Junction(name="0", control=control),),
    )  # fmt: skip


class Cars:
    """One world whose cars are where a test puts them; those that leave the map are gone."""

    def __init__(self, network: RoadNetwork, cars: list[tuple[int, float, float]], **columns: float):
        """`cars` are (lane, s, speed), one per slot."""
        config = EnvConfig(traffic=TrafficConfig(car_count=len(cars)), sensors=())
        self.world = World(MapBank.bare([network]), config, 1, driver_count=0)
        self.world.reset(0, maps=[0])
        self.world.state.lights.clock[0] = 0.0
        self.world.state.conditions.car_count[0] = 0
        self.maps, actors = self.world.bank.arrays, self.world.state.actors
        for slot, (lane, s, speed) in enumerate(cars):
            row = self.maps.lanes.point_first[lane] + round(s / float(self.maps.lanes.step[lane]))
            x, y, yaw = self.maps.lanes.point[row, :3]
            values = {"lane": lane, "target_lane": lane, "s": s, "speed": speed, "x": x, "y": y, "yaw": yaw}
            for name, value in {**CAR, **values, **columns}.items():
                getattr(actors, name)[0, slot] = value
        self.world.state.junctions.across[:] = self.world.state.junctions.cleared[:] = -1
        self.world.decide()
        self.census = new_census(1, len(cars))
        self.entered: dict[int, float] = {}
        self.left: dict[int, float] = {}
        self.slowest = np.full(len(cars), np.inf)

    def run(self, seconds: float) -> "Cars":
        """Drives on, and notes when every car's rear axle has come onto a lane of the junction."""
        state, action = self.world.state, np.zeros((1, 0, 2), np.float32)
        for _ in range(round(seconds / self.world.config.step_s)):
            self.world.step(action)
            self.world.launcher.run(
                count_worlds, np.arange(1), self.maps, state, self.world.parameters, self.census
            )  # fmt: skip
            for slot in np.flatnonzero(state.actors.kind[0]):
                self.slowest[slot] = min(self.slowest[slot], float(state.actors.speed[0, slot]))
                if self.maps.lanes.junction[state.actors.lane[0, slot]] >= 0:
                    self.entered.setdefault(int(slot), float(state.worlds.tick[0]))
                elif slot in self.entered:
                    self.left.setdefault(int(slot), float(state.worlds.tick[0]))
        assert self.census.collisions[0] == 0
        return self

    def order(self) -> list[int]:
        """Slots in the order in which they have entered."""
        return sorted(self.entered, key=lambda slot: self.entered[slot])

    def front(self, slot: int) -> float:
        """Front bumper along its lane [m]."""
        return float(self.world.state.actors.s[0, slot]) + CAR["length"] - CAR["rear"]


def test_who_comes_from_the_right_enters_first():
    assert Cars(crossing({}), [(0, 30.0, 8.0), (1, 30.0, 8.0)]).run(20.0).order() == [1, 0]


def test_who_has_no_sign_enters_first_and_does_not_slow_down():
    cars = Cars(crossing({}, JunctionControl.PRIORITY, {1: "205"}), [(0, 30.0, 6.0), (1, 30.0, 6.0)]).run(20.0)
    assert cars.order() == [0, 1]
    assert cars.slowest[0] > 5.0


def test_who_has_waited_long_is_let_in_even_by_who_goes_first():
    cars = Cars(crossing({}, JunctionControl.PRIORITY, {1: "205"}), [(0, 34.0, 6.0), (1, LINE - 4.0, 0.0)])
    cars.world.state.junctions.waited[0, 1] = 450
    assert cars.run(20.0).order() == [1, 0]


def test_who_has_just_come_to_a_yield_sign_lets_pass_who_is_near():
    cars = Cars(crossing({}, JunctionControl.PRIORITY, {1: "205"}), [(0, 34.0, 6.0), (1, LINE - 4.0, 0.0)])
    assert cars.run(20.0).order() == [0, 1]


def test_a_stop_sign_is_stopped_at_on_an_empty_crossing():
    cars = Cars(crossing({}, JunctionControl.PRIORITY, {0: "206"}), [(0, 20.0, 8.0)]).run(25.0)
    assert cars.slowest[0] < 0.1
    assert cars.order() == [0]


def test_a_yield_sign_is_not_stopped_at_on_an_empty_crossing():
    cars = Cars(crossing({}, JunctionControl.PRIORITY, {0: "205"}), [(0, 20.0, 6.0)]).run(25.0)
    assert cars.slowest[0] > 4.0


def test_at_an_all_way_stop_who_has_stopped_first_goes_first():
    control = JunctionControl.ALL_WAY_STOP
    cars = Cars(crossing({}, control), [(0, 40.0, 6.0), (1, 15.0, 6.0)]).run(30.0)
    assert cars.order() == [0, 1]
    assert (cars.slowest < 0.1).all()


@pytest.mark.parametrize("control", [JunctionControl.PRIORITY_TO_RIGHT, JunctionControl.ALL_WAY_STOP])
def test_of_four_that_come_at_once_all_get_across(control):
    cars = Cars(crossing({}, control), [(arm, 30.0, 7.0) for arm in range(4)]).run(60.0)
    assert sorted(cars.order()) == [0, 1, 2, 3]


def test_who_turns_left_lets_the_oncoming_stream_pass():
    stream = [(2, s, 8.0) for s in (50.0, 34.0, 18.0)]
    cars = Cars(crossing({0: LEFT}), [(0, 40.0, 6.0), *stream]).run(25.0)
    assert cars.order() == [1, 2, 3, 0]


def test_who_turns_left_goes_before_somebody_far_away():
    assert Cars(crossing({0: LEFT}), [(0, 52.0, 4.0), (2, 0.0, 6.0)]).run(20.0).order() == [0, 1]


def test_red_holds_before_the_line_and_green_lets_go():
    colors = (LightColor.RED, LightColor.GREEN)
    cars = Cars(crossing({}, JunctionControl.LIGHTS, colors=colors), [(0, 20.0, 8.0), (1, 20.0, 8.0)]).run(18.0)
    assert cars.order() == [1]
    assert LINE - 2.5 < cars.front(0) < LINE
    assert cars.run(10.0).order() == [1, 0]
    assert cars.census.red_lights[0] == 0


@pytest.mark.parametrize(("s", "stops"), [(30.0, True), (51.0, False)])
def test_at_amber_stops_who_can(s, stops):
    colors = (LightColor.AMBER, LightColor.RED)
    cars = Cars(crossing({}, JunctionControl.LIGHTS, colors=colors), [(0, s, 8.0)]).run(10.0)
    assert (cars.order() == []) == stops


def test_where_lights_are_dark_signs_hold():
    colors = (LightColor.DARK, LightColor.DARK)
    network = crossing({}, JunctionControl.LIGHTS, {1: "206"}, colors)
    assert Cars(network, [(0, 30.0, 6.0), (1, 30.0, 6.0)]).run(25.0).order() == [0, 1]


def test_nobody_enters_whose_exit_is_full():
    cars = Cars(crossing({}), [(0, 30.0, 6.0), (4, 2.5, 0.0)])
    cars.world.state.actors.motion[0, 1] = Motion.STANDING
    cars.run(20.0)
    assert cars.order() == []
    assert cars.front(0) < ARM_M


def test_a_right_turn_goes_before_an_oncoming_left_turn_into_the_same_lane():
    cars = Cars(crossing({0: RIGHT, 2: LEFT}), [(0, 40.0, 5.0), (2, 40.0, 5.0)]).run(30.0)
    assert cars.left[0] < cars.left[1]


@pytest.mark.parametrize(
    "network",
    [
        *(scenes.crossing(control) for control in Control),
        scenes.crossing(Control.PRIORITY, arms=(scenes.EAST, scenes.WEST, scenes.SOUTH)),
        scenes.crossing(Control.LIGHTS, lanes=2),
    ],
    ids=[*(control.name for control in Control), "T", "LIGHTS-2"],
)
def test_dense_traffic_crosses_without_a_contact_a_red_light_run_or_a_gridlock(network):
    count, worlds, step_s = 24, 4, 0.1
    config = EnvConfig(traffic=TrafficConfig(car_count=count), sensors=())
    world = World(MapBank.bare([network]), config, worlds, driver_count=0)
    world.reset(3, maps=[0] * worlds)
    census, action = new_census(worlds, count), np.zeros((worlds, 0, 2), np.float32)
    for _ in range(3000):
        world.step(action)
        world.launcher.run(count_worlds, np.arange(worlds), world.bank.arrays, world.state, world.parameters, census)
    assert census.collisions.sum() == 0
    assert census.red_lights.sum() == 0
    assert census.longest.max() * step_s < 120.0
    assert census.entered.min() > 20
