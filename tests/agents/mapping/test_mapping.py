import cv2
import numpy as np
import pytest

from agents.mapping import MapArgs, inspect_map
from agents.mapping.drawing import GOAL_COLOR, START_COLOR, place
from drivesim.config import MapConfig
from drivesim.errors import ConfigError
from drivesim.maps.procedural import build_network
from tests.reference.opendrive_files import lane, road, section, write


def test_a_road_is_described_by_its_lanes_and_routes(capsys):
    inspect_map(MapArgs(generator="highway", seed=3))
    shown = capsys.readouterr().out
    network = build_network(MapConfig(generator="highway"), 3)
    assert "seed 3" in shown
    assert f"route {len(network.routes) - 1}" in shown
    assert f"route {len(network.routes)}" not in shown
    for part in ("driving lanes", "tightest radius", "km/h"):
        assert part in shown


def test_a_road_is_drawn_with_the_ends_of_its_routes(tmp_path, capsys):
    file = tmp_path / "pictures" / "road.png"
    inspect_map(MapArgs(action="draw", length_m=150.0, size=(320, 200), out=str(file)))
    picture = cv2.cvtColor(cv2.imread(str(file)), cv2.COLOR_BGR2RGB)
    assert picture.shape == (200, 320, 3)
    for color in (START_COLOR, GOAL_COLOR):
        assert (np.abs(picture.astype(int) - color).max(axis=-1) < 8).sum() > 20
    assert "road.png" in capsys.readouterr().out.replace("\n", "")


def test_places_run_from_the_first_to_the_last_point():
    lane = build_network(MapConfig(), 0).lanes[0]
    np.testing.assert_allclose(place(lane, 0.0), lane.points[0])
    np.testing.assert_allclose(place(lane, lane.length), lane.points[-1])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"generator": "highwy"}, "generator: unknown value 'highwy'; did you mean 'highway'"),
        ({"size": (10, 1080)}, r"size \(width\): expected an integer"),
    ],
)
def test_mistaken_arguments_are_refused(changes, message):
    with pytest.raises(ConfigError, match=message):
        MapArgs(**changes)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"seed": -1}, r"seed: expected an integer in \[0, \d+\], got -1"),
        ({"length_m": 1.0}, r"length_m: expected a value in \[100, 5000\], got 1\.0"),
        ({"out": "map.bmp"}, r"out: expected a name that ends in \.png, got 'map\.bmp'"),
    ],
)
def test_a_value_out_of_range_is_refused_by_name(fields, message):
    with pytest.raises(ConfigError, match=message):
        MapArgs(**fields)


def test_a_file_is_described_with_what_was_left_out(tmp_path, capsys):
    hill = '<elevationProfile><elevation s="0" a="0" b="0.1" c="0" d="0"/></elevationProfile>'
    file = write(tmp_path, road(more=hill))
    assert inspect_map(MapArgs(file=str(file))) == 0
    shown = capsys.readouterr().out
    for part in ("OpenDRIVE", "1.7", "0.10 km", "on the right", "elevation of roads, 1 times, first at line 4"):
        assert part in shown


def test_check_finds_nothing_in_a_file_without_faults(tmp_path, capsys):
    assert inspect_map(MapArgs(action="check", file=str(write(tmp_path, road())))) == 0
    assert "nothing had to be mended" in capsys.readouterr().out


def test_check_exits_with_1_and_says_what_was_mended(tmp_path, capsys):
    file = write(tmp_path, road(sections=section(lane(-2))))
    assert inspect_map(MapArgs(action="check", file=str(file))) == 1
    assert "lanes missing between others" in capsys.readouterr().out


def test_a_file_is_drawn_from_above(tmp_path):
    out = tmp_path / "map.png"
    inspect_map(MapArgs(action="draw", file=str(write(tmp_path, road())), size=(320, 200), out=str(out)))
    picture = cv2.imread(str(out))
    assert picture.shape == (200, 320, 3)
    assert picture.std() > 5.0


def test_a_file_that_is_not_there_is_refused():
    with pytest.raises(ConfigError, match=r"file: no such file: nowhere\.xodr"):
        MapArgs(file="nowhere.xodr")
    with pytest.raises(ConfigError, match="file: check needs an OpenDRIVE file"):
        MapArgs(action="check")
