"""Files that others wrote, against the standard evaluated place by place and against ASAM's own checker."""

import math

import numpy as np
import pytest

from drivesim.errors import FileFormatError
from drivesim.maps.network import JOINT_GAP_MAX_M, JOINT_TURN_MAX_RAD, RoadNetwork
from drivesim.maps.opendrive import load_map
from drivesim.maps.opendrive.document import read_document
from drivesim.maps.opendrive.lanes import Stretch, stretches_of
from drivesim.maps.opendrive.report import MapReport
from drivesim.maps.opendrive.roads import read_roads
from tests import judges
from tests.reference import opendrive as reference
from tests.reference.opendrive_files import FOLDER, REAL, real

STEP_M = 7.0
FAR_M = 0.01
JUDGE = """
import warnings
warnings.filterwarnings("ignore")
from qc_opendrive.base import utils
root = utils.get_root_without_default_namespace(str(given["path"])).getroot()
rows = []
for road in utils.get_roads(root):
    length = utils.get_road_length(road)
    count = max(2, int(length / float(given["step"])) + 1)
    for k in range(count):
        s = (k + 0.5) * length / count
        section = utils.get_lane_section_from_road_by_s(road, s)
        for lane in utils.get_left_and_right_lanes_from_lane_section(section):
            if utils.get_type_from_lane(lane) == "driving":
                at = utils.get_middle_point_xyz_at_height_zero_from_lane_by_s(road, section, lane, s)
                rows.append((road.get("id"), lane.get("id"), s, at.x, at.y))
answer["rows"] = np.array([[float(value) for value in row] for row in rows])
"""


def stretches(name: str) -> list[Stretch]:
    report = MapReport(path=name)
    return [*stretches_of(read_roads(read_document(real(name)), report), report).values()]


def distances(network: RoadNetwork, places: np.ndarray) -> np.ndarray:
    """Distance from each place to the nearest lane's line [m]."""
    first = np.concatenate([lane.points[:-1] for lane in network.lanes])
    along = np.concatenate([np.diff(lane.points, axis=0) for lane in network.lanes])
    square = np.sum(along**2, axis=1)
    found = []
    for place in places:
        share = np.clip(np.sum((place - first) * along, axis=1) / square, 0.0, 1.0)
        found.append(np.hypot(*(first + share[:, None] * along - place).T).min())
    return np.array(found)


@pytest.mark.parametrize("name", REAL)
def test_lane_centres_lie_where_the_standard_puts_them(name):
    roads = {road.get("id"): road for road in reference.read(real(name)).iter("road")}
    places = []
    for stretch in stretches(name):
        road, _, lane = stretch.key
        # Not at joints, where two geometries or sections hold at once.
        for index in range(2, len(stretch.station) - 2, max(round(STEP_M / 0.25), 1)):
            wanted = reference.lane_centre(roads[road], lane, float(stretch.station[index]))
            assert math.dist(stretch.points[index], wanted) < FAR_M, stretch.place
            places.append(wanted)
    network, report = load_map(real(name))
    off = distances(network, np.array(places))
    # What was mended has moved on purpose.
    assert np.mean(off < FAR_M) > (0.99 if report.repairs else 0.999999)


@pytest.mark.parametrize("name", REAL)
def test_lane_centres_lie_where_asam_puts_them(name):
    file = real(name)
    rows = judges.ask(JUDGE, {"path": np.array(str(file)), "step": np.array(STEP_M)}, "qc_opendrive")["rows"]
    found: dict[tuple[int, int], list[Stretch]] = {}
    for stretch in stretches(name):
        found.setdefault((int(stretch.key[0]), stretch.key[2]), []).append(stretch)
    missed = 0
    for road, lane, s, x, y in rows:
        away = []
        for stretch in found.get((int(road), int(lane)), ()):
            order = np.argsort(stretch.station)
            station = stretch.station[order]
            if station[0] - 1e-6 <= s <= station[-1] + 1e-6:
                place = [np.interp(s, station, stretch.points[order, axis]) for axis in (0, 1)]
                away.append(math.dist(place, (x, y)))
        missed += not away
        assert not away or min(away) < FAR_M, f"road {road:.0f}, lane {lane:.0f} at {s:.2f} m"
    # Sections shorter than 1 mm hold a few of the places.
    assert missed < 0.01 * len(rows)


@pytest.mark.parametrize("name", REAL)
def test_every_lane_leads_on_or_ends_where_nothing_begins(name):
    network, _ = load_map(real(name))
    begins = np.array([lane.points[0] for lane in network.lanes])
    heading = np.array([lane.heading[0] for lane in network.lanes])
    for number, lane in enumerate(network.lanes):
        if lane.successors:
            continue
        assert lane.junction < 0, f"lane {number} ends in a junction"
        turn = np.abs((heading - lane.heading[-1] + np.pi) % (2 * np.pi) - np.pi)
        near = np.hypot(*(begins - lane.points[-1]).T) < 1.0
        assert not (near & (turn < 0.3)).any(), f"lane {number}"


@pytest.mark.parametrize("name", REAL)
def test_lanes_meet_within_five_centimetres_and_two_degrees(name):
    network, _ = load_map(real(name))
    for lane in network.lanes:
        for number in lane.successors:
            other = network.lanes[number]
            assert math.dist(other.points[0], lane.points[-1]) <= JOINT_GAP_MAX_M
            assert abs(math.remainder(other.heading[0] - lane.heading[-1], math.tau)) <= JOINT_TURN_MAX_RAD


@pytest.mark.parametrize("name", ["town01", "town01_signals", "town02", "town07"])
def test_towns_have_routes_junctions_and_pavements(name):
    network, report = load_map(real(name))
    assert len(network.routes) >= 40
    assert len(network.junctions) == report.junctions > 5
    assert network.footpaths
    assert {lane.junction for lane in network.lanes} == {-1, *range(len(network.junctions))}


def test_lights_that_conflict_are_never_green_together():
    network, _ = load_map(real("town01_signals"))
    assert network.lights
    for junction in range(len(network.junctions)):
        lights = [light for light in network.lights if light.junction == junction]
        cycles = {round(light.cycle_s, 6) for light in lights}
        assert len(cycles) <= 1
        for second in np.arange(0.5, max(cycles, default=0.0), 1.0):
            green = sum(color_at(light, second).name == "GREEN" for light in lights)
            assert green <= 1


def color_at(light, second):
    into = (second - light.offset_s) % light.cycle_s
    for duration, color in light.phases:
        if into < duration:
            return color
        into -= duration
    raise AssertionError("a cycle has a colour at all times")


def test_a_file_without_roads_ends_in_one_error():
    path = FOLDER / "bad_empty.xodr"
    if not path.is_file():
        pytest.skip(f"no {path}")
    with pytest.raises(FileFormatError, match=r"bad_empty\.xodr: line 2, <OpenDRIVE>: has no road"):
        load_map(path)
