"""Towns that SUMO draws and writes: none of them was there when the reader was made."""

from pathlib import Path

import numpy as np
import pytest

from drivesim.maps.control import JunctionControl
from drivesim.maps.ease import eased
from drivesim.maps.network import RoadNetwork
from drivesim.maps.opendrive import load_map
from tests import judges

GENERATE = """
import os, subprocess, sumo
tool = lambda name: os.path.join(sumo.SUMO_HOME, "bin", name)
where = {"env": {**os.environ, "SUMO_HOME": sumo.SUMO_HOME}, "capture_output": True, "text": True}
network = os.path.join(str(given["folder"]), "map.net.xml")
done = subprocess.run([tool("netgenerate"), *str(given["options"]).split(), "--no-turnarounds", "-o", network], **where)
assert done.returncode == 0, done.stderr
done = subprocess.run([tool("netconvert"), "-s", network, "--opendrive-output", str(given["map"])], **where)
assert done.returncode == 0, done.stderr
"""
TOWNS = {
    "grid": "--grid --grid.number 4 --grid.length 120 --default.lanenumber 2 --tls.guess true --turn-lanes 1",
    "spider": "--spider --spider.arm-number 6 --spider.circle-number 3 --spider.space-radius 90",
    "rand": "--rand --rand.iterations 40 --bidi-probability 1 --seed 7 --tls.guess true --crossings.guess",
    "stops": "--grid --grid.number 4 --grid.length 140 --default-junction-type allway_stop",
}


def town(folder: Path, name: str) -> RoadNetwork:
    given = {
        "folder": np.array(str(folder)),
        "map": np.array(str(folder / "map.xodr")),
        "options": np.array(TOWNS[name]),
    }
    judges.ask(GENERATE, given, "sumo")
    network, _ = load_map(folder / "map.xodr")
    return network


@pytest.mark.slow
@pytest.mark.parametrize("name", TOWNS)
def test_every_lane_of_a_town_by_sumo_leads_on(tmp_path, name):
    network = town(tmp_path, name)
    begins = np.array([lane.points[0] for lane in network.lanes])
    for number, lane in enumerate(network.lanes):
        if lane.successors:
            continue
        assert lane.junction < 0, f"lane {number} ends in a junction"
        assert np.hypot(*(begins - lane.points[-1]).T).min() > 0.5, f"lane {number}"
    assert len(network.junctions) >= 9
    assert len(network.routes) >= 40


@pytest.mark.slow
@pytest.mark.parametrize("name", TOWNS)
def test_a_car_can_follow_nearly_all_ways_across_junctions(tmp_path, name):
    tight = []
    for each in eased(town(tmp_path, name)).lanes:
        if each.junction >= 0:
            step = each.length / (len(each.points) - 1)
            tight.append(np.abs(np.diff(np.unwrap(each.heading))).max() / step > 0.26)
    # Of these towns' ways as they are written, up to a third are tighter than that.
    assert np.mean(tight) < 0.03


@pytest.mark.slow
def test_lights_of_ways_that_cross_are_never_green_together(tmp_path):
    network = town(tmp_path, "grid")
    controlled = [k for k, each in enumerate(network.junctions) if each.control == JunctionControl.LIGHTS]
    assert controlled
    light_of = {signal.lane: signal.light for signal in network.signals if signal.light >= 0}
    for number, lane in enumerate(network.lanes):
        for other, second in enumerate(network.lanes):
            if number in light_of and other in light_of and number < other:
                across = {network.lanes[k].junction for k in lane.successors}
                apart = abs((lane.heading[-1] - second.heading[-1] + np.pi) % (2 * np.pi) - np.pi)
                if across & {network.lanes[k].junction for k in second.successors} and 0.7 < apart < 2.4:
                    assert light_of[number] != light_of[other]
