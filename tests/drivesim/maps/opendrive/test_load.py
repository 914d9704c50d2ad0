import numpy as np
import pytest

from drivesim.maps.control import JunctionControl
from drivesim.maps.network import AreaKind, MarkingType
from drivesim.maps.opendrive import load_map
from drivesim.maps.places import FootpathKind
from drivesim.semantics import LightColor
from tests.reference.opendrive_files import geometry, joined, lane, road, section, write

SAME = '<predecessor id="{0}"/><successor id="{0}"/>'
BOTH_WAYS = section(lane(1, link=SAME.format(1)), lane(-1, link=SAME.format(-1)))


def crossing(contact: str, *, more: str = "", controllers: str = "") -> list[str]:
    """Two roads in a row with a junction between; the way across is drawn from the first, or from the second road."""
    ahead = contact == "start"
    across = road(
        3,
        plan=geometry(x=100.0, length=20.0) if ahead else geometry(x=120.0, hdg=np.pi, length=20.0),
        sections=section(lane(-1 if ahead else 1, link=SAME.format(-1))),
        link=joined("road", 1, "end", end="predecessor" if ahead else "successor")
        + joined("road", 2, "start", end="successor" if ahead else "predecessor"),
        junction=9,
    )
    to = -1 if ahead else 1
    return [
        road(1, sections=section(lane(-1)), link=joined("junction", 9), more=more),
        road(2, plan=geometry(x=120.0), sections=section(lane(-1)), link=joined("junction", 9, end="predecessor")),
        across,
        f'<junction id="9"><connection id="0" incomingRoad="1" connectingRoad="3" contactPoint="{contact}">'
        f'<laneLink from="-1" to="{to}"/></connection></junction>' + controllers,
    ]


def test_right_hand_lanes_with_negative_ids_are_driven_along_the_road(tmp_path):
    network, _ = load_map(write(tmp_path, road()))
    by_end = {round(float(lane.points[-1, 0])): lane for lane in network.lanes}
    np.testing.assert_allclose(by_end[100].points[:, 1], -1.75)
    np.testing.assert_allclose(by_end[0].points[:, 1], 1.75)
    np.testing.assert_allclose([lane.oncoming_left.max() for lane in network.lanes], 1.75)
    assert not network.left_hand


def test_left_hand_traffic_drives_the_other_way(tmp_path):
    network, _ = load_map(write(tmp_path, road(rule="LHT")))
    by_end = {round(float(lane.points[-1, 0])): lane for lane in network.lanes}
    np.testing.assert_allclose(by_end[100].points[:, 1], 1.75)
    np.testing.assert_allclose(by_end[0].points[:, 1], -1.75)
    np.testing.assert_allclose([lane.oncoming_left for lane in network.lanes], -1.75)
    assert network.left_hand


def test_offsets_move_the_middle_and_widths_are_cubic(tmp_path):
    offsets = '<laneOffset s="0" a="2" b="0" c="0" d="0"/><laneOffset s="50" a="2" b="0" c="0.01" d="0"/>'
    width = '<width sOffset="0" a="3" b="0" c="0" d="0"/><width sOffset="60" a="3" b="0.02" c="0" d="0"/>'
    network, _ = load_map(write(tmp_path, road(offsets=offsets, sections=section(lane(-1, width=width)))))
    lane_ = network.lanes[0]
    at = int(np.argmin(np.abs(lane_.points[:, 0] - 80.0)))
    x = lane_.points[at, 0]
    middle, wide = 2.0 + 0.01 * (x - 50.0) ** 2, 3.0 + 0.02 * (x - 60.0)
    np.testing.assert_allclose((lane_.points[at, 1], lane_.width[at]), (middle - wide / 2, wide), atol=2e-3)


def test_borders_say_where_lanes_end_instead_of_how_wide_they_are(tmp_path):
    borders = [f'<border sOffset="0" a="{a}" b="0" c="0" d="0"/>' for a in (-3.0, -7.0)]
    lanes = section(lane(-1, width=borders[0]), lane(-2, width=borders[1]))
    network, _ = load_map(write(tmp_path, road(sections=lanes)))
    assert sorted(round(float(each.points[0, 1]), 6) for each in network.lanes) == [-5.0, -1.5]
    assert sorted(round(float(each.width[0]), 6) for each in network.lanes) == [3.0, 4.0]


@pytest.mark.parametrize(
    ("mark", "outwards", "inwards"),
    [
        ('type="broken"', True, True),
        ('type="solid"', False, False),
        ('type="solid" laneChange="both"', True, True),
        ('type="broken" laneChange="none"', False, False),
        ('type="broken" laneChange="increase"', False, True),
        ('type="broken" laneChange="decrease"', True, False),
    ],
)
def test_marks_allow_changes_between_lanes(tmp_path, mark, outwards, inwards):
    lanes = section(lane(-1, more=f'<roadMark sOffset="0" {mark}/>'), lane(-2))
    network, _ = load_map(write(tmp_path, road(sections=lanes)))
    inner, outer = sorted(network.lanes, key=lambda each: -each.points[0, 1])
    assert (inner.change_right, outer.change_left) == (outwards, inwards)


def test_sections_of_a_road_follow_one_another(tmp_path):
    sections = section(lane(1), lane(-1)) + section(lane(1), lane(-1), s=40.0)
    network, _ = load_map(write(tmp_path, road(sections=sections)))
    assert sorted(round(each.length) for each in network.lanes) == [40, 40, 60, 60]
    for each in network.lanes:
        forwards = each.heading[0] == 0.0
        assert (len(each.successors) == 1) == ((each.length < 50.0) == forwards)


@pytest.mark.parametrize("contact", ["start", "end"])
def test_a_junction_is_crossed_whichever_way_its_road_is_drawn(tmp_path, contact):
    network, _ = load_map(write(tmp_path, *crossing(contact)))
    (across,) = [k for k, each in enumerate(network.lanes) if each.junction == 0]
    np.testing.assert_allclose(network.lanes[across].points[[0, -1]], [(100.0, -1.75), (120.0, -1.75)], atol=1e-9)
    (before,) = [each for each in network.lanes if across in each.successors]
    (after,) = network.lanes[across].successors
    np.testing.assert_allclose(before.points[-1], (100.0, -1.75))
    np.testing.assert_allclose(network.lanes[after].points[-1], (220.0, -1.75))
    assert len(network.junctions) == 1


def test_a_link_to_a_road_holds_at_the_end_that_it_names(tmp_path):
    first = road(1, sections=section(lane(-1, link='<successor id="1"/>')), link=joined("road", 2, "end"))
    second = road(2, plan=geometry(x=200.0, hdg=np.pi), sections=section(lane(1)))
    network, _ = load_map(write(tmp_path, first, second))
    ends = [[tuple(np.round(each.points[k], 6)) for k in (0, -1)] for each in network.lanes]
    assert ends == [[(0.0, -1.75), (100.0, -1.75)], [(100.0, -1.75), (200.0, -1.75)]]
    assert network.lanes[0].successors == (1,)


@pytest.mark.parametrize(("unit", "limit"), [("km/h", 50 / 3.6), ("mph", 50 * 0.44704), ("m/s", 50.0), ("", 50.0)])
def test_limits_are_read_in_their_unit(tmp_path, unit, limit):
    given = f' unit="{unit}"' if unit else ""
    network, _ = load_map(write(tmp_path, road(more=f'<type s="0" type="town"><speed max="50"{given}/></type>')))
    np.testing.assert_allclose([each.speed_limit for each in network.lanes], limit)


def test_a_lane_has_a_limit_of_its_own(tmp_path):
    lanes = section(lane(1), lane(-1, more='<speed sOffset="0" max="36" unit="km/h"/>'))
    network, _ = load_map(write(tmp_path, road(sections=lanes)))
    assert sorted(round(each.speed_limit, 3) for each in network.lanes) == [10.0, 13.889]


def test_a_light_holds_for_the_lanes_of_its_validity_and_changes(tmp_path):
    light = (
        '<signals><signal id="7" s="95" t="-4" type="1000001" dynamic="yes" orientation="+" zOffset="4" height="1">'
        '<validity fromLane="-1" toLane="-1"/></signal></signals>'
    )
    controllers = '<controller id="1"><control signalId="7"/></controller>'
    network, _ = load_map(write(tmp_path, *crossing("start", more=light, controllers=controllers)))
    (signal,) = network.signals
    np.testing.assert_allclose((signal.x, signal.y, signal.height), (95.0, -4.0, 4.5))
    assert abs(np.cos(signal.yaw) + 1.0) < 1e-9
    assert network.lanes[signal.lane].points[-1, 0] == pytest.approx(100.0)
    assert signal.stop_s == pytest.approx(95.0, abs=0.1)
    assert network.junctions[0].control == JunctionControl.LIGHTS
    colors = {color for _, color in network.lights[signal.light].phases}
    assert {LightColor.RED, LightColor.GREEN} <= colors


def test_a_reference_lets_a_sign_hold_on_another_road(tmp_path):
    valid = '<validity fromLane="5" toLane="5"/>'
    sign = f'<signals><signal id="7" s="98" t="-4" type="206" orientation="-">{valid}</signal></signals>'
    other = '<signals><signalReference id="7" s="90" t="4" orientation="+"/></signals>'
    network, _ = load_map(write(tmp_path, road(1, more=sign), road(2, plan=geometry(y=50.0), more=other)))
    (signal,) = network.signals
    assert signal.type == "206"
    assert network.lanes[signal.lane].points[0, 1] == pytest.approx(48.25)
    assert signal.stop_s == pytest.approx(90.0, abs=0.1)


def test_crosswalks_stop_lines_and_parking_places_lie_on_the_ground(tmp_path):
    def corners(u, v):
        return "".join(f'<cornerLocal u="{a * u}" v="{b * v}" z="0"/>' for a, b in ((1, 1), (-1, 1), (-1, -1), (1, -1)))

    things = (
        f'<objects><object id="1" type="crosswalk" s="50" t="0" hdg="0"><outline>{corners(1.5, 5.0)}</outline></object>'
        f'<object id="2" name="StopLine" s="45" t="-1.75" hdg="0"><outline>{corners(0.2, 1.7)}</outline></object>'
        '<object id="3" type="parkingSpace" s="20" t="-6" hdg="0" length="5" width="2"/>'
        '<object id="4" type="building" s="20" t="20" hdg="0" length="10" width="8" height="6"/></objects>'
    )
    network, report = load_map(write(tmp_path, road(more=things)))
    areas = {area.kind: area.polygon for area in network.areas}
    np.testing.assert_allclose(np.ptp(areas[AreaKind.CROSSWALK], axis=0), (3.0, 10.0))
    np.testing.assert_allclose(areas[AreaKind.PARKING].mean(axis=0), (20.0, -6.0))
    (line,) = [mark for mark in network.markings if mark.type == MarkingType.STOP_LINE]
    np.testing.assert_allclose(np.ptp(line.points, axis=0), (0.0, 3.4), atol=1e-9)
    (path,) = [path for path in network.footpaths if path.kind == FootpathKind.ZEBRA]
    np.testing.assert_allclose(np.ptp(path.points, axis=0), (0.0, 10.0), atol=1e-9)
    np.testing.assert_allclose([(thing.x, thing.y, thing.height) for thing in network.scenery], [(20.0, 20.0, 6.0)])
    assert not report.left_out


def test_arrows_and_pictograms_of_revision_1_8_are_painted_and_unknown_ones_listed(tmp_path):
    kinds = {"arrowLeft": "", "arrowStraightRight": "", "symbol": "Bicycle", "signalLines": "", "arrowMergeLeft": ""}
    objects = "".join(
        f'<object id="{k}" type="roadMark" subtype="{kind}" name="{name}" s="{20 + 10 * k}" t="-1.75" '
        'hdg="0" length="4" width="1"/>'
        for k, (kind, name) in enumerate(kinds.items())
    )
    network, report = load_map(write(tmp_path, road(more=f"<objects>{objects}</objects>"), minor=8))
    painted = {marking.type: marking.points for marking in network.markings if len(marking.points) == 2}
    for kind, x in (
        (MarkingType.ARROW_LEFT, 20.0),
        (MarkingType.ARROW_STRAIGHT_RIGHT, 30.0),
        (MarkingType.BICYCLE, 40.0),
    ):
        np.testing.assert_allclose(painted[kind], [(x - 2.0, -1.75), (x + 2.0, -1.75)], atol=1e-9)
    assert MarkingType.STOP_LINE in painted
    assert report.left_out == {"objects of type roadmark": 1}


def test_bays_lie_in_parking_lanes_beside_those_from_which_they_are_entered(tmp_path):
    network, _ = load_map(write(tmp_path, road(sections=section(lane(-1), lane(-2, "parking", width="2.2")))))
    assert len(network.bays) > 10
    assert all(bay.lane == 0 and abs(bay.y + 4.6) < 1e-6 and abs(bay.x - bay.s) < 0.2 for bay in network.bays)


def test_a_gap_between_roads_is_closed_and_listed(tmp_path):
    first = road(1, sections=section(lane(-1, link='<successor id="-1"/>')), link=joined("road", 2, "start"))
    second = road(2, plan=geometry(x=100.1, y=0.2), sections=section(lane(-1)))
    network, report = load_map(write(tmp_path, first, second))
    np.testing.assert_allclose(network.lanes[0].points[-1], network.lanes[1].points[0], atol=1e-6)
    assert any("gaps between lanes" in what for what in report.repairs)


def test_a_map_far_from_its_origin_is_moved_there(tmp_path):
    network, report = load_map(write(tmp_path, road(plan=geometry(x=691_234.5, y=5_334_567.25))))
    assert report.origin == (691_200.0, 5_334_600.0)
    (along,) = [each for each in network.lanes if abs(each.heading[0]) < 1e-9]
    np.testing.assert_allclose(along.points[0], (34.5, -32.75 - 1.75))


def test_packed_files_are_read_like_others(tmp_path):
    plain, _ = load_map(write(tmp_path, road()))
    packed, _ = load_map(write(tmp_path, road(), name="map.xodr.gz"))
    assert plain.name == packed.name == "map"
    np.testing.assert_array_equal(plain.lanes[0].points, packed.lanes[0].points)


def test_signals_have_kinds_that_drivers_know(tmp_path):
    signs = "".join(
        f'<signal id="{k}" s="{10 * k}" t="-4" type="{kind}" orientation="+" value="30" unit="km/h"/>'
        for k, kind in enumerate(("206", "205", "274"), 1)
    )
    network, _ = load_map(write(tmp_path, road(more=f"<signals>{signs}</signals>")))
    assert [signal.type for signal in network.signals] == ["206", "205", "274"]
    assert network.signals[2].value == pytest.approx(30 / 3.6)
