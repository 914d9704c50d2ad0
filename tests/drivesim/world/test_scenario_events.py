"""What situations do beside moving road users: change the weather, end in time or not, take place on map files."""

import json

import numpy as np
import pytest

from drivesim import assets
from drivesim.config import WEATHER_PRESETS, EnvConfig, TrafficConfig
from drivesim.errors import ConfigError
from drivesim.extensions import Extensions
from drivesim.maps.bank import MapBank
from drivesim.maps.opendrive import load_map
from drivesim.scenarios import ScenarioSet, load_scenario, scenario_from
from drivesim.state import EndReason, Event
from drivesim.world.step import World
from drivesim.world.weather import weather_values

BASE = {
    "name": "rain",
    "weather": "ClearNoon",
    "ego": {"speed_m_s": 5, "cruise_m_s": 5},
    "end": [{"action": {"type": "end"}, "all": [{"type": "simulation_time", "value": 4.0}]}],
}


def world_of(scenarios: ScenarioSet) -> World:
    world = World(
        MapBank(scenarios.roads),
        EnvConfig(sensors=(), traffic=TrafficConfig(car_count=0)),
        len(scenarios.variants),
        extensions=Extensions(scenarios=scenarios),
    )
    world.reset(0, variants=np.arange(len(scenarios.variants)))
    return world


def steps(world: World, count: int) -> None:
    for _ in range(count):
        world.step(world.state.plan.expert_action[:, 0])


def becoming(name: str, time_s: float, at: float | str) -> dict:
    return {"action": {"type": "weather", "weather": name, "time_s": time_s},
            "all": [{"type": "simulation_time", "value": at}]}  # fmt: skip


def test_an_event_changes_the_weather_evenly_and_a_second_one_goes_on_from_there():
    scenarios = scenario_from(
        {**BASE, "parameters": {"again": [9.0, 2.0]},
         "events": [becoming("HardRainNoon", 2.0, 1.0), becoming("ClearNoon", 0.0, "$again")]}
    )  # fmt: skip
    world = world_of(scenarios)
    weather = world.state.weather
    clear, hard = (weather_values(WEATHER_PRESETS[name]) for name in ("ClearNoon", "HardRainNoon"))
    rain = hard[1]
    assert clear[1] == 0.0 and rain > 10.0
    steps(world, 10)
    np.testing.assert_array_equal(weather.rain_rate, 0.0)
    steps(world, 10)
    # One of the two seconds has passed since the event at 1.0 s.
    np.testing.assert_allclose(weather.rain_rate, rain / 2.0, rtol=1e-4)
    assert world.state.weather.grip[0] < 1.0
    steps(world, 1)
    np.testing.assert_allclose(weather.rain_rate, [rain * 0.55, 0.0], rtol=1e-4)
    steps(world, 15)
    np.testing.assert_allclose(weather.rain_rate, [rain, 0.0], rtol=1e-4)
    np.testing.assert_allclose(weather.cloudiness, [hard[0], clear[0]], rtol=1e-4)


def test_the_next_episode_begins_with_the_weather_of_its_variant():
    world = world_of(scenario_from({**BASE, "events": [becoming("HardRainNoon", 0.0, 0.5)]}))
    steps(world, 8)
    assert world.state.weather.rain_rate[0] > 10.0
    world.reset(0, variants=np.zeros(1, np.int32))
    assert world.state.weather.rain_rate[0] == 0.0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"weather": ""}, "expected the one that an event changes"),
        ({"events": [becoming("HardRain", 1.0, 1.0)]}, "did you mean 'HardRain"),
        ({"events": [{"action": {"type": "weather"}}]}, "expected a weather in a 'weather' alone"),
        ({"events": [{"action": {"type": "speed", "speed_m_s": 1}}]}, "expected a road user's name in"),
        ({"road": {"scene": "file"}}, "expected an OpenDRIVE file in a scene 'file' alone"),
        ({"road": {"scene": "file", "file": "nowhere.xodr"}}, "no such file: .*nowhere.xodr"),
    ],
)
def test_events_and_roads_that_cannot_be_are_refused(change, message):
    with pytest.raises(ConfigError, match=message):
        scenario_from({**BASE, "events": [becoming("HardRainNoon", 1.0, 1.0)], **change})


def test_a_rule_ends_a_situation_with_its_route_driven_and_a_late_one_is_counted_as_timed_out():
    late = {"end": [{"action": {"type": "end"}, "all": [{"type": "simulation_time", "value": 30.0}]}]}
    sets = [scenario_from({**BASE, "time_limit_s": 5.0, **change}) for change in ({}, late, {"end": []})]
    world = world_of(ScenarioSet("ends", tuple(each.variants[0] for each in sets)))
    steps(world, 51)
    state = world.state
    assert state.episode.end[:, 0].tolist() == [EndReason.SUCCESS, EndReason.TIMEOUT, EndReason.TIMEOUT]
    assert state.navigation.completion[0, 0] == 1.0
    assert state.navigation.completion[1, 0] < 0.1
    # What has no rule of its end is a route, not a situation.
    assert state.events.count[:, 0, Event.SCENARIO_TIMEOUT].tolist() == [0, 1, 0]
    assert state.events.time[1, 0, Event.SCENARIO_TIMEOUT] == pytest.approx(5.0)


def test_a_situation_that_lasts_240_s_from_its_first_event_is_timed_out_and_goes_on():
    scenarios = scenario_from(
        {**BASE, "ego": {}, "time_limit_s": 300.0, "road": {"scene": "straight", "length_m": 4000},
         "events": [becoming("WetNoon", 0.0, 2.0)],
         "end": [{"action": {"type": "end"}, "all": [{"type": "reach_position", "value": 3900}]}]}
    )  # fmt: skip
    world = world_of(scenarios)
    steps(world, 30)
    count = world.state.events.count[0, 0]
    world.state.worlds.tick[0] = 2418
    steps(world, 1)
    assert count[Event.SCENARIO_TIMEOUT] == 0
    steps(world, 2)
    assert count[Event.SCENARIO_TIMEOUT] == 1
    assert world.state.episode.end[0, 0] == EndReason.RUNNING


def test_a_scenario_file_takes_place_on_a_map_file_beside_it(tmp_path):
    town = assets.path("maps/town_a.xodr")
    (tmp_path / "maps").mkdir()
    (tmp_path / "maps" / "town.xodr").write_bytes(town.read_bytes())
    file = tmp_path / "walk.json"
    file.write_text(json.dumps({**BASE, "road": {"scene": "file", "file": "maps/town.xodr", "length_m": 200}}))
    scenarios = load_scenario(file)
    network, _ = load_map(town, route_length_m=200.0)
    built = scenarios.roads.build(0)
    assert len(built.lanes) == len(network.lanes)
    assert scenarios.roads.light_count == len(network.lights)
    world = world_of(scenarios)
    steps(world, 41)
    assert world.state.episode.end[0, 0] == EndReason.SUCCESS
    assert world.state.episode.distance_m[0, 0] > 10.0
