import pytest

from drivesim.maps.control import JunctionControl
from drivesim.maps.facts import conflicts_of
from drivesim.maps.network import RoadNetwork
from drivesim.maps.opendrive import load_map
from drivesim.maps.opendrive.write import save_opendrive
from drivesim.maps.right_of_way import Rule, rules_of
from tests.reference.opendrive_files import geometry, joined, lane, road, section, write

NORTH = 1.5707963267948966
LINK = '<predecessor id="-1"/><successor id="-1"/>'


def cross(priorities: str, *, limit: float = 50.0) -> list[str]:
    """Roads 1 to 2 eastwards and 3 to 4 northwards that cross on roads 11 and 12 of junction 9."""
    parts = []
    for first, last, across, east in ((1, 2, 11, True), (3, 4, 12, False)):
        hdg = 0.0 if east else NORTH
        speed = f'<type s="0" type="town"><speed max="{limit if east else 50.0}" unit="km/h"/></type>'

        def at(s: float, length: float, *, east: bool = east, hdg: float = hdg) -> str:
            return geometry(x=s if east else 0.0, y=0.0 if east else s, hdg=hdg, length=length)

        one = section(lane(-1, link=LINK))
        parts += [
            road(first, plan=at(-110.0, 100.0), sections=one, link=joined("junction", 9), more=speed),
            road(last, plan=at(10.0, 100.0), sections=one, link=joined("junction", 9, end="predecessor"), more=speed),
            road(across, plan=at(-10.0, 20.0), sections=one, junction=9, more=speed,
                 link=joined("road", first, "end", end="predecessor") + joined("road", last, "start")),
        ]  # fmt: skip
    connections = "".join(
        f'<connection id="{way}" incomingRoad="{way}" connectingRoad="{10 + k}" contactPoint="start">'
        '<laneLink from="-1" to="-1"/></connection>'
        for k, way in ((1, 1), (2, 3))
    )
    return [*parts, f'<junction id="9">{connections}{priorities}</junction>']


def goes_first(network: RoadNetwork) -> str:
    """Who goes first where the two ways meet."""
    conflicts = conflicts_of(network)
    rules = rules_of(network, conflicts)
    first = [lane for lane, row in enumerate(rules) if row == [Rule.GOES_FIRST]]
    assert sum(len(row) for row in rules) == 2
    (number,) = first
    return "east" if abs(network.lanes[number].heading[0]) < 0.1 else "north"


@pytest.mark.parametrize(
    ("priorities", "who"),
    [
        # Without a word who comes from the right goes first.
        ("", "north"),
        ('<priority high="11" low="12"/>', "east"),
        ('<priority high="12" low="11"/>', "north"),
        # Some name the roads that lead to the junction.
        ('<priority high="1" low="3"/>', "east"),
        ('<priority high="11" low="3"/>', "east"),
    ],
)
def test_priorities_of_a_junction_go_before_all_other_rules(tmp_path, priorities, who):
    network, report = load_map(write(tmp_path, *cross(priorities)))
    assert goes_first(network) == who
    (junction,) = network.junctions
    assert junction.control == (JunctionControl.PRIORITY if priorities else JunctionControl.PRIORITY_TO_RIGHT)
    assert not report.left_out


def test_priorities_are_written_as_they_were_read(tmp_path):
    network, _ = load_map(write(tmp_path, *cross('<priority high="11" low="12"/>')))
    save_opendrive(network, tmp_path / "again.xodr")
    again, _ = load_map(tmp_path / "again.xodr")
    assert goes_first(again) == "east"
    assert again.junctions[0].control == JunctionControl.PRIORITY


def test_signs_are_made_up_where_limits_differ_but_not_beside_priorities(tmp_path):
    silent, _ = load_map(write(tmp_path, *cross("", limit=70.0)))
    assert goes_first(silent) == "east"
    assert [signal.type for signal in silent.signals] == ["205"]
    said, _ = load_map(write(tmp_path, *cross('<priority high="12" low="11"/>', limit=70.0)))
    assert goes_first(said) == "north"
    assert not said.signals


@pytest.mark.parametrize(
    ("priorities", "what"),
    [
        ('<priority high="11" low="12"/><priority high="12" low="11"/>', "priorities that contradict others"),
        ('<priority high="11" low="12"/><priority high="7" low="12"/>', "priorities of roads that do not cross"),
    ],
)
def test_priorities_that_make_no_sense_are_listed(tmp_path, priorities, what):
    network, report = load_map(write(tmp_path, *cross(priorities)))
    assert goes_first(network) == "east"
    assert any(what in reason for reason in report.left_out)
