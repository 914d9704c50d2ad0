import cv2
import numpy as np
import pytest

from agents.roads import GOAL_COLOR, START_COLOR, MapArgs, inspect_road, place
from drivesim.config import MapConfig
from drivesim.errors import ConfigError
from drivesim.maps.procedural import build_network


def test_a_road_is_described_by_its_lanes_and_routes(capsys):
    inspect_road(MapArgs(generator="highway", seed=3))
    shown = capsys.readouterr().out
    network = build_network(MapConfig(generator="highway"), 3)
    assert "seed 3" in shown
    assert f"route {len(network.routes) - 1}" in shown
    assert f"route {len(network.routes)}" not in shown
    for part in ("driving lanes", "tightest radius", "km/h"):
        assert part in shown


def test_a_road_is_drawn_with_the_ends_of_its_routes(tmp_path, capsys):
    file = tmp_path / "pictures" / "road.png"
    inspect_road(MapArgs(action="draw", length_m=150.0, size=(320, 200), out=str(file)))
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
