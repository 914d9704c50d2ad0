"""The maps that ship: they are what the generators and the writer make today, and other programs can rely on them."""

import os
import re
import subprocess
from xml.etree import ElementTree

import numpy as np
import pytest

from drivesim import assets
from drivesim.config import MapConfig
from drivesim.maps.journeys import is_strongly_connected
from drivesim.maps.opendrive import load_map
from drivesim.maps.opendrive.write import to_opendrive
from drivesim.maps.procedural import build_network
from tests import judges

MAPS = {
    "highway": ("highway", 0), "country_road": ("country_road", 0), "town_a": ("town", 0), "town_b": ("town", 1),
    "town_c": ("town", 2),
}  # fmt: skip
QUICK = ("country_road", "town_c")
SOME = [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in MAPS]
NUMBER = re.compile(r'(?<=")-?\d+\.?\d*(?:e-?\d+)?(?=")')


@pytest.mark.parametrize("name", SOME)
def test_a_shipped_map_is_what_its_generator_makes(name):
    generator, seed = MAPS[name]
    made = to_opendrive(build_network(MapConfig(generator=generator), seed)).decode()
    shipped = assets.path(f"maps/{name}.xodr").read_text()
    assert NUMBER.sub("", made) == NUMBER.sub("", shipped), "see assets/maps/README.md for how to write it anew"
    numbers = [np.array(NUMBER.findall(text), np.float64) for text in (made, shipped)]
    np.testing.assert_allclose(*numbers, rtol=1e-6, atol=3e-5)


@pytest.mark.parametrize("name", SOME)
def test_a_shipped_map_can_be_driven(name):
    network, report = load_map(assets.path(f"maps/{name}.xodr"))
    assert len(network.routes) >= 1
    assert not report.left_out
    if name.startswith("town"):
        assert is_strongly_connected(network)
        assert len(network.junctions) >= 4


@pytest.mark.slow
@pytest.mark.parametrize("name", MAPS)
def test_asams_checker_finds_no_error_in_a_shipped_map(tmp_path, name):
    python = judges.interpreter("qc_opendrive")
    config, result = tmp_path / "config.xml", tmp_path / "result.xqar"
    config.write_text(
        f'<?xml version="1.0"?><Config><Param name="InputFile" value="{assets.path(f"maps/{name}.xodr")}"/>'
        f'<CheckerBundle application="xodrBundle"><Param name="resultFile" value="{result}"/></CheckerBundle></Config>'
    )
    subprocess.run([os.path.join(os.path.dirname(python), "qc_opendrive"), "-c", str(config)], capture_output=True)
    root = ElementTree.parse(result).getroot()
    assert sum(checker.get("status") == "completed" for checker in root.iter("Checker")) >= 20
    assert [issue.get("description") for issue in root.iter("Issue") if issue.get("level") == "1"] == []
