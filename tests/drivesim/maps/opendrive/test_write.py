import dataclasses
import os
import subprocess
from xml.etree import ElementTree

import numpy as np
import pytest

from agents.mapping import MapArgs, inspect_map
from drivesim.config import MapConfig
from drivesim.errors import ConfigError
from drivesim.maps.network import LaneType, RoadNetwork
from drivesim.maps.opendrive import load_map
from drivesim.maps.opendrive.write import save_opendrive, to_opendrive
from drivesim.maps.opendrive.write_line import cubic_pieces, sampled
from drivesim.maps.procedural import build_network
from drivesim.maps.symbols import SYMBOLS
from tests import judges
from tests.reference.networks import four_way

NAMES = ("four_way", "country_road", "highway", "town")


def network_of(name: str, seed: int = 0) -> RoadNetwork:
    return four_way() if name == "four_way" else build_network(MapConfig(generator=name), seed)


def mirrored(network: RoadNetwork) -> RoadNetwork:
    """The network as a mirror shows it: left-hand traffic. Without signals, areas and routes."""
    flip = np.array([1.0, -1.0])
    lanes = tuple(
        dataclasses.replace(
            lane, points=lane.points * flip, heading=-lane.heading, curvature=-lane.curvature, left=lane.right,
            right=lane.left, edge_left=lane.edge_right, edge_right=lane.edge_left, change_left=lane.change_right,
            change_right=lane.change_left, oncoming_left=np.full_like(lane.width, np.inf),
        )
        for lane in network.lanes
    )  # fmt: skip
    return RoadNetwork(name="mirrored", seed=0, lanes=lanes, junctions=network.junctions, left_hand=True)


def pairs_of(network: RoadNetwork, read: RoadNetwork) -> list[int]:
    """For every lane the one of the other network that begins, ends and has its middle at the same place."""

    def key(lane):
        chosen = (0, -1)
        middle = [np.interp(0.5 * (len(lane.points) - 1), np.arange(len(lane.points)), axis) for axis in lane.points.T]
        return np.concatenate([*(lane.points[k] for k in chosen), middle])

    found = np.stack([key(lane) for lane in read.lanes])
    return [int(np.abs(found - key(lane)).max(axis=1).argmin()) for lane in network.lanes]


def check_same(network: RoadNetwork, read: RoadNetwork) -> None:
    pairs = pairs_of(network, read)
    assert sorted(pairs) == list(range(len(read.lanes)))
    partner = {-1: -1, **dict(enumerate(pairs))}
    for number, own in enumerate(network.lanes):
        other = read.lanes[pairs[number]]
        first, second = (sampled(lane.points, lane.heading, lane.curvature) for lane in (own, other))
        s = np.linspace(0.0, first.length, 2 * len(own.points))
        points = first.at(s)[0]
        station, _ = second.project(points, s * second.length / first.length)
        assert np.hypot(*(second.at(station)[0] - points).T).max() < 0.01, f"lane {number}"
        width = [np.interp(s, np.linspace(0.0, first.length, len(lane.width)), lane.width) for lane in (own, other)]
        assert np.abs(width[0] - width[1]).max() < 0.01, f"lane {number}"
        assert other.speed_limit == pytest.approx(own.speed_limit, abs=1e-6)
        assert sorted(other.successors) == sorted(partner[after] for after in own.successors)
        assert (other.left, other.right) == (partner[own.left], partner[own.right])
        assert (other.change_left, other.change_right) == (own.change_left, own.change_right)
        assert (other.junction >= 0) == (own.junction >= 0)
        assert other.type == own.type


@pytest.mark.parametrize("name", NAMES)
def test_what_is_written_is_read_as_the_same_lanes(tmp_path, name):
    network = network_of(name)
    save_opendrive(network, tmp_path / "map.xodr.gz")
    read, report = load_map(tmp_path / "map.xodr.gz")
    check_same(network, read)
    assert not [what for what in report.repairs if any(word in what for word in ("gaps", "kinks", "links"))]
    assert len(read.signals) == len(network.signals)
    pairs = pairs_of(network, read)
    for signal in network.signals:
        near = min(
            (other for other in read.signals if other.lane == pairs[signal.lane] and other.type == signal.type),
            key=lambda other: abs(other.stop_s - signal.stop_s),
        )
        assert near.stop_s == pytest.approx(signal.stop_s, abs=0.2)


@pytest.mark.parametrize("seed", [1, 2])
def test_what_stands_and_lies_along_streets_is_read_as_it_was(tmp_path, seed):
    network = network_of("town", seed)
    save_opendrive(network, tmp_path / "map.xodr")
    read, report = load_map(tmp_path / "map.xodr")
    pairs = pairs_of(network, read)

    def lit(each, light):
        if light < 0:
            return 0.0
        return each.lights[light].offset_s + sum(k * s for k, (s, _) in enumerate(each.lights[light].phases))

    for each, partner in ((network, pairs), (read, range(len(read.lanes)))):
        signs = [(float(s.type), s.x, s.y, np.cos(s.yaw), s.value, s.turns, partner[s.lane], lit(each, s.light))
                 for s in each.signals]  # fmt: skip
        bays = [(b.x, b.y, np.cos(b.yaw), np.sin(b.yaw), b.length, b.width) for b in each.bays]
        stops = [(partner[s.lane], s.s) for s in each.bus_stops]
        paths = [(f.kind, *f.points[0], *f.points[-1], f.width, lit(each, f.light)) for f in each.footpaths]
        controls = [(junction.control,) for junction in each.junctions]
        things = [(t.kind, t.x, t.y, t.length, t.width, t.height) for t in each.scenery]
        paint = [(m.type, *m.points[0], *m.points[-1]) for m in each.markings if m.type in SYMBOLS]
        nodes = [(len({f.start_node for f in each.footpaths} | {f.end_node for f in each.footpaths}),)]
        found = [np.array(part, np.float64) for part in (signs, bays, stops, paths, controls, things, paint, nodes)]
        if each is network:
            wanted = found
    for ours, theirs in zip(wanted, found, strict=True):
        assert ours.shape == theirs.shape
        for row in ours:
            assert np.abs(theirs - row).max(axis=1).min() < 0.01, row
    assert not report.left_out


def test_left_hand_traffic_is_written_as_such(tmp_path):
    network = mirrored(four_way())
    save_opendrive(network, tmp_path / "map.xodr")
    read, _ = load_map(tmp_path / "map.xodr")
    assert read.left_hand
    check_same(network, read)


def test_opposite_directions_share_a_road():
    root = ElementTree.fromstring(to_opendrive(four_way()))
    roads = [road for road in root.iter("road") if road.get("junction") == "-1"]
    assert len(roads) == 4
    for road in roads:
        assert {lane.get("id") for lane in road.iter("lane") if lane.get("type") == "driving"} == {"-1", "1"}


def test_programmes_of_lights_are_with_their_controllers():
    network = network_of("town")
    root = ElementTree.fromstring(to_opendrive(network))
    shown = {signal.light for signal in network.signals if signal.light >= 0}
    controllers = {int(controller.get("id", "")): controller for controller in root.iter("controller")
                   if controller.find("control") is not None}  # fmt: skip
    assert set(controllers) == shown
    for number, controller in controllers.items():
        data = controller.find("userData")
        assert data is not None
        assert data.get("code") == "drivesim:light"
        offset, *phases = data.get("value", "").split("; ")
        light = network.lights[number]
        assert float(offset) == pytest.approx(light.offset_s)
        assert [phase.split()[1] for phase in phases] == [color.name for _, color in light.phases]
        assert sum(float(phase.split()[0]) for phase in phases) == pytest.approx(light.cycle_s)


def test_the_same_network_gives_the_same_bytes(tmp_path):
    assert to_opendrive(network_of("town")) == to_opendrive(network_of("town"))
    for name in ("a.xodr.gz", "b.xodr.gz"):
        save_opendrive(network_of("country_road"), tmp_path / name)
    assert (tmp_path / "a.xodr.gz").read_bytes() == (tmp_path / "b.xodr.gz").read_bytes()


def test_cubics_pass_within_a_millimetre_of_the_values():
    s = np.linspace(0.0, 100.0, 101)
    value = 3.5 + 0.5 * np.sin(s / 9.0)
    pieces = cubic_pieces(s, value)
    starts = np.array([start for start, _ in pieces])
    assert 2 < len(pieces) < 30
    for at, wanted in zip(s, value, strict=True):
        start, powers = pieces[int(np.searchsorted(starts, at, side="right")) - 1]
        assert sum(c * (at - start) ** k for k, c in enumerate(powers)) == pytest.approx(wanted, abs=0.0011)
    assert len(cubic_pieces(s, np.full_like(s, 3.5))) == 1


@pytest.mark.parametrize("name", NAMES)
def test_asams_checker_completes_its_rules_without_error(tmp_path, name):
    python = judges.interpreter("qc_opendrive")
    for seed in range(1 if name == "four_way" else 2):
        file, config, result = (tmp_path / f"{seed}.{end}" for end in ("xodr", "xml", "xqar"))
        save_opendrive(network_of(name, seed), file)
        config.write_text(
            f'<?xml version="1.0"?><Config><Param name="InputFile" value="{file}"/>'
            f'<CheckerBundle application="xodrBundle"><Param name="resultFile" value="{result}"/></CheckerBundle>'
            "</Config>"
        )
        subprocess.run([os.path.join(os.path.dirname(python), "qc_opendrive"), "-c", str(config)], capture_output=True)
        root = ElementTree.parse(result).getroot()
        assert sum(checker.get("status") == "completed" for checker in root.iter("Checker")) >= 20
        assert [issue.get("description") for issue in root.iter("Issue") if issue.get("level") == "1"] == []


_NETCONVERT = """
import os, subprocess, sumo, sumolib
network = os.path.join(str(given["folder"]), "map.net.xml")
done = subprocess.run([os.path.join(sumo.SUMO_HOME, "bin", "netconvert"), "--opendrive", str(given["map"]), "-o",
                       network, "--no-turnarounds", "--opendrive.import-all-lanes", "false"],
                      env={**os.environ, "SUMO_HOME": sumo.SUMO_HOME}, capture_output=True, text=True)
answer["code"] = np.array(done.returncode)
net = sumolib.net.readNet(network)
answer["lanes"] = np.array(sum(edge.getLaneNumber() for edge in net.getEdges()))
answer["links"] = np.array(sum(len(c) for edge in net.getEdges() for c in edge.getOutgoing().values()))
answer["lights"] = np.array(len(net.getTrafficLights()))
"""


@pytest.mark.parametrize("name", NAMES)
def test_sumo_reads_the_same_lanes_connections_and_lights(tmp_path, name):
    network = network_of(name)
    save_opendrive(network, tmp_path / "map.xodr")
    said = judges.ask(
        _NETCONVERT,
        {"map": np.array(str(tmp_path / "map.xodr")), "folder": np.array(str(tmp_path))},
        "sumo",
        "sumolib",
    )
    # Lanes for bicycles are among those that are imported only where all are asked for.
    cars = [lane.type != LaneType.BIKING for lane in network.lanes]
    outside = [lane for lane, drives in zip(network.lanes, cars, strict=True) if drives and lane.junction < 0]
    assert int(said["code"]) == 0
    assert int(said["lanes"]) == len(outside)
    # Where two lanes side by side lead to one lane, as out of a ring of two lanes, SUMO keeps one of the connections.
    links = set()
    for lane in outside:
        for after in lane.successors:
            if cars[after]:
                way = network.lanes[after]
                links.add((lane.road, way.successors[0] if way.junction >= 0 else after))
    assert int(said["links"]) == len(links)
    at = {network.lanes[after].junction for signal in network.signals if signal.type == "1000001"
          for after in network.lanes[signal.lane].successors}  # fmt: skip
    assert int(said["lights"]) == len(at)


def test_the_command_writes_a_document(tmp_path, capsys):
    file = tmp_path / "maps" / "town.xodr.gz"
    assert inspect_map(MapArgs(action="export", generator="town", seed=1, document=str(file))) == 0
    assert len(load_map(file)[0].lanes) == len(network_of("town", 1).lanes)
    assert "lanes written" in capsys.readouterr().out
    with pytest.raises(ConfigError, match=r"document: expected a name that ends in \.xodr or \.xodr\.gz, got 'a\.osm'"):
        MapArgs(action="export", document="a.osm")
