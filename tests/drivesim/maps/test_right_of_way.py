"""Who goes first at a crossing: tables worked by hand, and SUMO's request matrix."""

import itertools
import json
from dataclasses import replace

import numpy as np
import pytest

from drivesim.maps.bank import MapBank
from drivesim.maps.control import Junction, JunctionControl, Signal, Turn
from drivesim.maps.facts import conflicts_of
from drivesim.maps.network import RoadNetwork
from drivesim.maps.right_of_way import Rule, WayAcross, rule_between, rules_of, turn_of
from tests.judges import ask
from tests.reference.networks import ARM_M, LEFT, RIGHT, STRAIGHT, four_way

CONTROLS = {
    "priority": JunctionControl.PRIORITY,
    "right_before_left": JunctionControl.PRIORITY_TO_RIGHT,
    "allway_stop": JunctionControl.ALL_WAY_STOP,
    "traffic_light": JunctionControl.LIGHTS,
}
ARMS = "wsen"
"""SUMO's names of the arms from which the ways in of arms 0 to 3 come."""
TURNS = "rsl"


def way(arm: int, turn: int) -> int:
    return 8 + 3 * arm + turn


def crossing(control: JunctionControl, signs: dict[int, str] | None = None, **options) -> RoadNetwork:
    """The four-way junction with signs on some ways in."""
    signals = tuple(
        Signal(type=sign, x=0.0, y=0.0, yaw=0.0, lane=arm, stop_s=ARM_M - 1.0) for arm, sign in (signs or {}).items()
    )
    return replace(four_way(), signals=signals, junctions=(Junction(name="0", control=control),), **options)


def table(network: RoadNetwork) -> dict[tuple[int, int], Rule]:
    """The rule of every ordered pair of ways that conflict."""
    conflicts = conflicts_of(network)
    rules = rules_of(network, conflicts)
    return {
        (lane, row[0]): rule for lane, rows in enumerate(conflicts) for row, rule in zip(rows, rules[lane], strict=True)
    }


def yields_to(network: RoadNetwork, lane: int) -> set[int]:
    return {other for (own, other), rule in table(network).items() if own == lane and rule == Rule.GIVES_WAY}


def test_who_comes_from_the_right_goes_first():
    # Arm 0 runs east; from its right, the south, comes arm 1, which runs north.
    network = crossing(JunctionControl.PRIORITY_TO_RIGHT)
    assert yields_to(network, way(0, RIGHT)) == set()
    assert yields_to(network, way(0, STRAIGHT)) == {way(1, STRAIGHT), way(1, LEFT), way(1, RIGHT)}
    assert yields_to(network, way(0, LEFT)) == {way(1, STRAIGHT), way(1, LEFT), way(2, STRAIGHT), way(2, RIGHT)}


def test_in_left_hand_traffic_who_comes_from_the_left_goes_first():
    left = WayAcross(0, -0.5 * np.pi, 0.0, (0.0, 0.0))
    east = WayAcross(0, 0.0, 0.0, (0.0, 0.0))
    assert rule_between(JunctionControl.PRIORITY_TO_RIGHT, east, left) == Rule.GOES_FIRST
    assert rule_between(JunctionControl.PRIORITY_TO_RIGHT, east, left, left_hand=True) == Rule.GIVES_WAY


def test_signs_go_before_the_side_from_which_somebody_comes():
    network = crossing(JunctionControl.PRIORITY, {1: "205", 3: "206"})
    rules = table(network)
    assert yields_to(network, way(0, STRAIGHT)) == set()
    assert yields_to(network, way(0, LEFT)) == {way(2, STRAIGHT), way(2, RIGHT)}
    assert rules[way(1, STRAIGHT), way(0, STRAIGHT)] == Rule.GIVES_WAY
    # Stop gives way to yield, even where who has it turns left.
    assert rules[way(3, STRAIGHT), way(1, LEFT)] == Rule.GIVES_WAY
    assert rules[way(1, LEFT), way(3, STRAIGHT)] == Rule.GOES_FIRST


def test_a_map_may_say_otherwise():
    pair = (way(0, STRAIGHT), way(1, STRAIGHT))
    network = replace(crossing(JunctionControl.PRIORITY_TO_RIGHT), junctions=(Junction(name="0", first=(pair,)),))
    assert table(network)[pair] == Rule.GOES_FIRST
    assert table(network)[pair[1], pair[0]] == Rule.GIVES_WAY


@pytest.mark.parametrize("control", list(JunctionControl))
@pytest.mark.parametrize("signs", [{}, {1: "205", 3: "205"}, {0: "206", 1: "205"}])
def test_of_two_ways_one_goes_first_or_both_take_turns(control, signs):
    rules = table(crossing(control, signs))
    opposite = {Rule.GOES_FIRST: Rule.GIVES_WAY, Rule.GIVES_WAY: Rule.GOES_FIRST}
    for (own, other), rule in rules.items():
        if rule in opposite:
            assert rules[other, own] == opposite[rule]
        else:
            assert rules[other, own] in (Rule.IN_TURN, Rule.IN_TURN_FIRST)


def test_kernels_read_rules_lines_and_lights():
    network = crossing(JunctionControl.PRIORITY, {1: "205", 3: "206"})
    maps = MapBank.bare([network]).arrays
    rules, conflicts = table(network), maps.conflicts
    for lane, other in itertools.product(range(8, 20), repeat=2):
        entries = [k for k in range(*conflicts.lane_first[lane : lane + 2]) if conflicts.other[k] == other]
        assert [Rule(conflicts.rule[k]) for k in entries] == [rules[lane, other] for _ in entries]
        assert len(entries) == ((lane, other) in rules)
        for k in entries:
            assert conflicts.mirror[conflicts.mirror[k]] == k
            assert conflicts.other[conflicts.mirror[k]] == lane
    assert maps.ways.line_s[8:20] == pytest.approx(np.full(12, -1.0))
    assert maps.ways.ahead[:8].tolist() == pytest.approx([ARM_M] * 4 + [np.inf] * 4)
    # Right turns have a radius of 8.25 m: 2 m/s^2 allow 4.06 m/s.
    assert maps.ways.pace[way(0, RIGHT)] == pytest.approx(np.sqrt(2.0 * 8.25), rel=1e-4)
    assert [turn_of(network.lanes[way(0, turn)]) for turn in (RIGHT, STRAIGHT, LEFT)] == [
        Turn.RIGHT, Turn.STRAIGHT, Turn.LEFT,
    ]  # fmt: skip


_SUMO = """
import json, subprocess, tempfile, os
import xml.etree.ElementTree as ET
import sumolib
bins = os.path.dirname(sys.executable)
folder = tempfile.mkdtemp()
places = (("w", -150, 0), ("e", 150, 0), ("s", 0, -150), ("n", 0, 150))
kind = str(given["kind"])
with open(folder + "/x.nod.xml", "w") as file:
    file.write(f'<nodes><node id="c" x="0" y="0" type="{kind}"/>'
        + "".join(f'<node id="{n}" x="{x}" y="{y}"/>' for n, x, y in places) + "</nodes>")
with open(folder + "/x.edg.xml", "w") as file:
    file.write("<edges>" + "".join(
        f'<edge id="{n}i" from="{n}" to="c" numLanes="1" priority="{5 if n in "we" else 1}"/>'
        f'<edge id="{n}o" from="c" to="{n}" numLanes="1" priority="{5 if n in "we" else 1}"/>'
        for n, *_ in places) + "</edges>")
subprocess.run([bins + "/netconvert", "-n", folder + "/x.nod.xml", "-e", folder + "/x.edg.xml", "-o",
    folder + "/x.net.xml", "--no-turnarounds"], check=True, capture_output=True)
root = ET.parse(folder + "/x.net.xml").getroot()
names = {}
for link in root.iter("connection"):
    if link.get("from").endswith("i"):
        names[int(link.get("via").split("_")[1])] = link.get("from")[0] + link.get("dir")
rows = []
for junction in root.iter("junction"):
    if junction.get("id") == "c":
        for request in junction.iter("request"):
            for what in ("response", "foes"):
                for index, bit in enumerate(reversed(request.get(what))):
                    if bit == "1":
                        rows.append((names[int(request.get("index"))], what, names[index]))
answer["rows"] = np.array(json.dumps(rows))
"""


@pytest.mark.parametrize("kind", list(CONTROLS))
def test_rules_are_those_of_sumos_request_matrix(kind):
    said = ask(_SUMO, {"kind": np.array(kind)}, "sumolib", "libsumo")
    rows = json.loads(str(said["rows"]))
    numbers = {ARMS[arm] + TURNS[turn]: way(arm, turn) for arm in range(4) for turn in range(3)}
    foes = {(numbers[a], numbers[b]) for a, what, b in rows if what == "foes"}
    response = {(numbers[a], numbers[b]) for a, what, b in rows if what == "response"}
    signs = {1: "205", 3: "205"} if kind == "priority" else {}
    rules = table(crossing(CONTROLS[kind], signs))
    # Opposite left turns touch in SUMO's small crossing and pass each other in ours.
    lefts = {(way(arm, LEFT), way((arm + 2) % 4, LEFT)) for arm in range(4)}
    assert foes - lefts == set(rules) - lefts
    together = {pair for pair in rules if ((pair[0] - 8) // 3 - (pair[1] - 8) // 3) % 2 == 0}
    compared = together if kind == "traffic_light" else set(rules)
    for pair in compared - lefts:
        takes_turns = rules[pair] in (Rule.IN_TURN, Rule.IN_TURN_FIRST)
        assert (pair in response) == (rules[pair] == Rule.GIVES_WAY or takes_turns), pair


@pytest.mark.parametrize("control", list(JunctionControl))
def test_left_hand_traffic_has_the_rules_of_its_mirror_image(control):
    rng = np.random.default_rng(3)

    def drawn() -> WayAcross:
        heading, turn = 0.5 * np.pi * rng.integers(4), 0.5 * np.pi * rng.integers(-1, 2)
        return WayAcross(int(rng.integers(3)), float(heading), float(turn), tuple(rng.uniform(-5.0, 5.0, 2).tolist()))

    def mirrored(way: WayAcross) -> WayAcross:
        return WayAcross(way.rank, -way.heading, -way.turn, (way.start[0], -way.start[1]))

    for _ in range(200):
        mine, other = drawn(), drawn()
        right = rule_between(control, mine, other)
        assert rule_between(control, mirrored(mine), mirrored(other), left_hand=True) == right
