"""What only streets need, left out of the kernels of roads, changes nothing on roads."""

import numpy as np
import pytest

from drivesim.config import ENV_PRESETS, TrafficConfig, replace
from drivesim.kernels.parts import ABSENT, PRESENT, Absent, Present
from drivesim.maps.bank import MapBank
from drivesim.maps.procedural import build_network
from drivesim.maps.sources import has_streets
from drivesim.state.parameters import parameters_from
from drivesim.world.step import World

SKIPPED = ("lights.", "scenario.")
"""What nobody reads where there are no lights and no situations."""


def driven(preset: str, part: Present | Absent) -> dict[str, np.ndarray]:
    config = replace(ENV_PRESETS[preset], map={"count": 2}, sensors=())
    networks = [build_network(config.map, seed) for seed in (5, 6)]
    world = World(MapBank.bare(networks), config, 4)
    world.parameters = world.parameters._replace(streets=part)
    world.reset(3)
    for step in range(150):
        action = world.state.plan.expert_action[:, 0].copy()
        action[0, 0] += 0.3 * np.sin(0.05 * step)
        world.step(action)
    return world.snapshot()


@pytest.mark.parametrize("preset", ["lane", "highway"])
def test_roads_are_the_same_with_and_without_what_streets_need(preset):
    without, whole = driven(preset, ABSENT), driven(preset, PRESENT)
    assert without.keys() == whole.keys()
    assert without["worlds.tick"].max() > 100
    for name, values in whole.items():
        if not name.startswith(SKIPPED):
            np.testing.assert_array_equal(without[name], values, err_msg=name)


def test_roads_do_without_and_streets_or_whoever_needs_them_do_not():
    assert [has_streets(ENV_PRESETS[name].map) for name in ("lane", "highway", "town")] == [False, False, True]
    assert has_streets(object())

    def part_of(**settings):
        return parameters_from(replace(ENV_PRESETS["highway"], **settings), 30, streets=False).streets

    assert part_of() is ABSENT
    for needed in ({"pedestrian_count": 1}, {"cyclist_count": 1}, {"parked_count": 1}, {"bus_share": 0.1}):
        assert part_of(traffic=replace(TrafficConfig(), **needed)) is PRESENT
    assert part_of(action_type="discrete") is PRESENT
    assert parameters_from(ENV_PRESETS["highway"], 30).streets is PRESENT
