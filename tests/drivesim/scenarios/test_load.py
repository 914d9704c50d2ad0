"""Scenario files: what is refused, what ships, and that it stays."""

import dataclasses
import hashlib
import json

import pytest

from drivesim.config import ENV_PRESETS
from drivesim.errors import ConfigError, FileFormatError
from drivesim.scenarios import list_suites, load_scenario, load_suite, scenario_from
from drivesim.scenarios.load import SUITES_FOLDER

DIGESTS = {
    "ncap_aeb_2023": "d8c76f75a1230607",
    "r157_alks": "25e890606fb003d1",
    "routes_200": "626ed6b17a09b2a5",
    "routes_200_v2": "040488a1ed3e3eee",
    "town_situations": "831a1456edd86268",
}
"""A suite that changes gets a new name."""
SMALL = {
    "name": "small",
    "parameters": {"v": [5, 10]},
    "ego": {"speed_m_s": "$v"},
    "users": [{"name": "car", "kind": "car", "along_m": "${10 * v}"}],
    "end": [{"action": {"type": "end"}, "all": [{"type": "simulation_time", "value": 3}]}],
}


def test_suites_that_ship_are_frozen():
    found = {path.stem: hashlib.sha256(path.read_bytes()).hexdigest()[:16] for path in SUITES_FOLDER.glob("*.json")}
    assert found == DIGESTS


def test_a_grid_becomes_variants():
    scenarios = scenario_from(SMALL)
    assert [variant.ego.speed_m_s for variant in scenarios.variants] == [5.0, 10.0]
    assert [variant.users[0].along_m for variant in scenarios.variants] == [50.0, 100.0]
    assert scenarios.variants[1].title == "small (v 10)"
    assert scenarios.roads.map_count == 1


def test_suites_have_what_they_promise():
    counts = {name: len(load_suite(name).variants) for name in list_suites()}
    assert counts == {
        "ncap_aeb_2023": 340, "r157_alks": 501, "routes_200": 200, "routes_200_v2": 200, "town_situations": 145,
    }  # fmt: skip
    town = load_suite("town_situations")
    assert len(town.families) >= 20
    assert all(sum(v.family == family for v in town.variants) == 5 for family in town.families)
    for name in ("routes_200", "routes_200_v2"):
        assert min(variant.road.seed for variant in load_suite(name).variants) >= 1_000_000


def test_the_second_version_of_the_routes_is_the_first_among_the_people_of_a_town():
    town = ENV_PRESETS["town"].traffic
    people = {name: getattr(town, name) for name in ("pedestrian_count", "cyclist_count", "parked_count")}
    first, second = (load_suite(name).variants for name in ("routes_200", "routes_200_v2"))
    assert [dataclasses.replace(variant, **people) for variant in first] == list(second)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"usres": []}, "unknown key 'usres'; did you mean 'users'"),
        ({"users": [{"name": "car", "kind": "car", "alongm": 3}]}, r"users\[0\]: unknown key 'alongm'; did you mean"),
        ({"users": [{"name": "a", "kind": "car"}, {"name": "a", "kind": "car"}]}, "name 'a' is taken twice"),
        ({"road": {"scene": "strait"}}, "did you mean 'straight'"),
        ({"weather": "ClearNoo"}, "did you mean 'ClearNoon'"),
        ({"ego": {"speed_m_s": -1}}, r"ego.speed_m_s: expected a value in \[0, 100\]"),
        ({"ego": {"speed_m_s": "$w"}}, "unknown parameter 'w'"),
        ({"parameters": {"v": 3}}, "expected lists of values"),
        ({"end": [{"action": {"type": "stop"}}]}, "unknown value 'stop'"),
        ({"end": [{"action": {"type": "end"}, "all": [{"type": "event", "event": "nope"}]}]}, "unknown value 'nope'"),
        (
            {"events": [{"action": {"type": "speed", "user": "bus", "speed_m_s": 1}}]},
            "action.user: unknown value 'bus'",
        ),
        ({"events": [{"action": {"type": "speed", "user": "car", "time_s": 1, "rate_m_s2": 1}}]}, "got several"),
        ({"values": []}, "unknown key 'values'"),
    ],
)
def test_wrong_content_is_refused_with_its_place(tmp_path, change, message):
    file = tmp_path / "wrong.json"
    file.write_text(json.dumps({**SMALL, **change}))
    with pytest.raises(ConfigError, match=message) as caught:
        load_scenario(file)
    assert str(file) in str(caught.value)


def test_broken_files_are_refused(tmp_path):
    file = tmp_path / "cut.json"
    file.write_text(json.dumps(SMALL)[:-5])
    with pytest.raises(FileFormatError, match="not a JSON"):
        load_scenario(file)
    with pytest.raises(FileFormatError, match="did you mean 'ncap_aeb_2023'"):
        load_scenario("ncap_aeb_2024")
    with pytest.raises(ConfigError, match="did you mean 'routes_200'"):
        load_suite("routes_20")
