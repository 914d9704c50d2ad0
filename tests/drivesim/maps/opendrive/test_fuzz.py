"""Real files with parts broken at random end in a network or in one error, soon."""

import os
import time

import numpy as np
import pytest

from drivesim.errors import FileFormatError, MapError
from drivesim.maps.opendrive import load_map
from tests.reference.opendrive_files import FOLDER, REAL, joined, lane, road, section, write

SECONDS = float(os.environ.get("DRIVESIM_FUZZ_S", "60"))
SLOWEST_S = 30.0
VALUES = (b"nan", b"inf", b"-1", b"0", b"1e9", b"-1e300", b"", b"x", b"1e-9", b"99999999999999999999", b"-0.0", b"2")
TAGS = (b"<lane ", b"<road ", b"<geometry ", b"<laneSection ", b"<connection ", b"</lane>", b"<line/>", b"<link>")


def seeds() -> list[bytes]:
    """Files to break: the small real ones, those of the towns, and one written here that is always there."""
    return [path.read_bytes() for path in (FOLDER / f"{name}.xodr" for name in REAL) if path.is_file()]


def broken(data: bytes, random: np.random.Generator) -> bytes:
    """A copy with one to six mutations."""
    for _ in range(random.integers(1, 7)):
        at = int(random.integers(0, max(len(data), 1)))
        kind = random.integers(0, 7)
        if kind == 0:
            data = data[:at]
        elif kind == 1:
            data = data[:at] + bytes([random.integers(0, 256)]) + data[at + 1 :]
        elif kind == 2:
            data = data[:at] + data[at + int(random.integers(1, 2000)) :]
        elif kind == 3:
            length = int(random.integers(1, 5000))
            data = data[:at] + data[at : at + length] * 2 + data[at + length :]
        elif kind == 4:
            tag = TAGS[random.integers(0, len(TAGS))]
            begin = data.find(tag, at)
            if begin >= 0:
                data = data[:begin] + tag.replace(b"l", b"k") + data[begin + len(tag) :]
        else:
            opening = data.find(b'="', at)
            closing = data.find(b'"', opening + 2)
            if 0 <= opening < closing:
                data = data[: opening + 2] + VALUES[random.integers(0, len(VALUES))] + data[closing:]
    return data


@pytest.mark.slow
def test_a_broken_file_ends_in_a_network_or_in_one_error(tmp_path):
    files = seeds() or [write(tmp_path, road(link=joined("road", 1, "start"))).read_bytes()]
    random = np.random.default_rng(11)
    file = tmp_path / "broken.xodr"
    end, done, refused = time.monotonic() + SECONDS, 0, 0
    while time.monotonic() < end:
        # Small files more often: they are broken in more places in the same time.
        index = min(int(random.integers(0, len(files))) for _ in range(2))
        data = broken(files[index], random)
        file.write_bytes(data)
        began = time.monotonic()
        try:
            load_map(file)
        except (FileFormatError, MapError) as error:
            refused += 1
            assert str(file) in str(error)
            assert "\n" not in str(error)
        except Exception as error:
            error.add_note(f"by mutation {done}, in {file}")
            raise
        assert time.monotonic() - began < SLOWEST_S
        done += 1
    assert done > 20
    assert refused > 0


def test_a_billion_geometries_are_refused_before_they_are_read(tmp_path, monkeypatch):
    from drivesim.maps.opendrive import document

    monkeypatch.setattr(document, "ELEMENTS_MAX", 2000)
    with pytest.raises(FileFormatError, match=r"map\.xodr: line \d+, <geometry>: more than 2000 elements"):
        load_map(write(tmp_path, road(plan="<geometry/>\n" * 5000)))


def test_a_straight_lane_of_10_km_is_a_lane(tmp_path):
    plan = '<geometry s="0" x="0" y="0" hdg="0.5" length="10000"><line/></geometry>'
    network, _ = load_map(write(tmp_path, road(plan=plan)))
    np.testing.assert_allclose([lane.length for lane in network.lanes], 10_000.0, rtol=1e-9)


def test_roads_that_follow_themselves_end_in_a_loop(tmp_path):
    link = joined("road", 1, "start") + joined("road", 1, "end", end="predecessor")
    plan = '<geometry s="0" x="0" y="0" hdg="0" length="200"><arc curvature="0.031415926535897934"/></geometry>'
    lanes = section(lane(1, link='<predecessor id="1"/><successor id="1"/>'),
                    lane(-1, link='<predecessor id="-1"/><successor id="-1"/>'))  # fmt: skip
    network, _ = load_map(write(tmp_path, road(plan=plan, sections=lanes, link=link)))
    assert [lane.successors for lane in network.lanes] in ([(0,), (1,)], [(0,), (1,), (2,), (3,)], [(), ()])


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ([], "line 2, <OpenDRIVE>: has no road"),
        ([road(), road()], "line 5, <road id='1'>: there is another road of this id"),
        ([road(sections="")], "<lanes>: has no lane section"),
        ([road(sections=section(lane(-1, "sidewalk")))], "has no lane that can be driven on"),
        ([road(sections=section(lane(-(10**6))))], "line 4, <lane id='-1000000'>: id: expected at most"),
        ([road(sections=section(lane(-1, width="nan")))], "<width>: a: expected a finite number, got 'nan'"),
        ([road(sections=section(lane(-1, width="1e9")))], "lanes reach 1e"),
        ([road(sections='<laneSection s="x"/>')], "<laneSection>: s: expected a number, got 'x'"),
        ([road(more='<signals><signal id="1" type="206" s="x" t="0"/></signals>')], "s: expected a number"),
    ],
)
def test_what_makes_no_sense_ends_in_one_error_with_its_place(tmp_path, parts, message):
    with pytest.raises((FileFormatError, MapError), match=message) as caught:
        load_map(write(tmp_path, *parts))
    assert "map.xodr" in str(caught.value)


@pytest.mark.parametrize("element", ["junction", "road"])
def test_links_to_nothing_are_listed(tmp_path, element):
    link = joined(element, 77, "start")
    network, report = load_map(
        write(tmp_path, road(link=link, sections=section(lane(-1, link='<successor id="-1"/>'))))
    )
    assert network.lanes[0].successors == ()
    assert (element == "junction") or "links to roads that do not exist" in report.left_out


def test_another_document_is_refused(tmp_path):
    file = tmp_path / "map.xodr"
    file.write_text("<osm><node/></osm>")
    with pytest.raises(FileFormatError, match=r"map\.xodr: line 1, <osm>: expected an <OpenDRIVE> document"):
        load_map(file)
