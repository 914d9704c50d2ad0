import numpy as np
import pytest

from drivesim.maps.network import LaneType
from drivesim.maps.opendrive import load_map
from tests.reference.opendrive_files import geometry, lane, road, section, write


def test_lanes_are_cut_where_marks_begin_to_forbid_changes(tmp_path):
    marks = '<roadMark sOffset="0" type="broken"/><roadMark sOffset="60" type="solid"/>'
    network, _ = load_map(write(tmp_path, road(sections=section(lane(-1, more=marks), lane(-2)))))
    found = {(round(each.points[0, 0]), each.change_right) for each in network.lanes if each.right >= 0}
    assert found == {(0, True), (60, False)}


def test_lanes_are_cut_where_limits_change(tmp_path):
    kinds = "".join(
        f'<type s="{s}" type="town"><speed max="{limit}" unit="km/h"/></type>' for s, limit in ((0, 36), (40, 72))
    )
    network, _ = load_map(write(tmp_path, road(sections=section(lane(-1)), more=kinds)))
    limits = [(round(each.points[0, 0]), each.speed_limit) for each in network.lanes]
    assert sorted(limits) == [(0, pytest.approx(10.0)), (40, pytest.approx(20.0))]
    assert network.lanes[0].successors == (1,)


def test_a_lane_that_opens_by_a_taper_begins_where_a_car_has_room(tmp_path):
    width = '<width sOffset="0" a="0" b="0.0875" c="0" d="0"/><width sOffset="40" a="3.5" b="0" c="0" d="0"/>'
    network, report = load_map(write(tmp_path, road(sections=section(lane(-1), lane(-2, width=width)))))
    (opening,) = [each for each in network.lanes if each.left >= 0]
    assert opening.width.min() > 2.0
    assert opening.points[0, 0] == pytest.approx(2.2 / 0.0875, abs=0.6)
    assert any("where a car has room" in what for what in report.repairs)


def test_lanes_that_are_closed_to_cars_are_left_out(tmp_path):
    closed = '<access sOffset="0" rule="allow" restriction="bus"/>'
    lanes = section(lane(-1), lane(-2, "bus"), lane(-3, more=closed), lane(-4, width="1.2"))
    network, report = load_map(write(tmp_path, road(sections=lanes)))
    assert len(network.lanes) == 1
    assert sum(report.left_out.values()) == 3


def test_lanes_for_bicycles_have_no_neighbours_among_those_of_cars(tmp_path):
    first = section(lane(-1), lane(-2, "biking", width="1.5"))
    second = section(lane(-1), s=60.0)
    network, report = load_map(write(tmp_path, road(sections=first + second)))
    assert {each.type for each in network.lanes} == {LaneType.DRIVING}
    assert report.left_out["lanes for bicycles that lead nowhere"] == 1
    leads = '<successor id="-1"/>'
    first = section(lane(-1), lane(-2, "biking", width="1.5", link=leads))
    network, _ = load_map(write(tmp_path, road(sections=first + section(lane(-1, width="6.5"), s=60.0))))
    assert all(each.left == each.right == -1 for each in network.lanes)


def test_a_lane_that_folds_is_mended(tmp_path):
    plan = geometry(length=20.0) + geometry(
        '<arc curvature="-0.5"/>', s=20.0, x=20.0, length=np.pi
    ) + geometry(s=20.0 + np.pi, x=22.0, y=-2.0, hdg=-np.pi / 2, length=20.0)  # fmt: skip
    network, report = load_map(write(tmp_path, road(plan=plan, sections=section(lane(-1)))))
    (each,) = network.lanes
    ahead = np.diff(each.points, axis=0)
    heading = each.heading[:-1]
    assert (ahead[:, 0] * np.cos(heading) + ahead[:, 1] * np.sin(heading)).min() > 0.0
    assert not any("fold" in what for what in report.repairs)
    network, report = load_map(write(tmp_path, road(plan=plan, sections=section(lane(-1), lane(-2)))))
    assert any("fold" in what for what in report.repairs)
