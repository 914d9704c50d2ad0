import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivesim.errors import FileFormatError
from drivesim.maps.opendrive.document import read_document
from drivesim.maps.opendrive.geometry import ReferenceLine, reference_line
from tests.reference import opendrive as reference
from tests.reference.opendrive_files import geometry, road, write

QUARTER = np.pi * 20.0


def line_of(folder, plan) -> ReferenceLine:
    (element,) = read_document(write(folder, road(plan=plan))).all("road")
    return reference_line(element)


def test_an_arc_of_radius_40_turns_by_a_quarter_in_20_pi_metres(tmp_path):
    line = line_of(tmp_path, geometry('<arc curvature="0.025"/>', x=10.0, length=QUARTER))
    x, y, heading = line(np.array([QUARTER]))
    np.testing.assert_allclose((x[0], y[0], heading[0]), (50.0, 40.0, np.pi / 2), atol=1e-9)


def test_an_arc_with_negative_curvature_bends_to_the_right(tmp_path):
    line = line_of(tmp_path, geometry('<arc curvature="-0.025"/>', length=QUARTER))
    np.testing.assert_allclose(np.stack(line(np.array([QUARTER])))[:, 0], (40.0, -40.0, -np.pi / 2), atol=1e-9)


def test_a_clothoid_ends_where_its_fresnel_integrals_say(tmp_path):
    # Curvature 0 to 0.1 over 10 m turns by 0.5 rad; x and y by the power series of the Fresnel integrals.
    line = line_of(tmp_path, geometry('<spiral curvStart="0" curvEnd="0.1"/>', length=10.0))
    u = 10.0 * (1 - 0.5**2 / 10 + 0.5**4 / 216 - 0.5**6 / 9360)
    v = 10.0 * (0.5 / 3 - 0.5**3 / 42 + 0.5**5 / 1320 - 0.5**7 / 75600)
    np.testing.assert_allclose(np.stack(line(np.array([10.0])))[:, 0], (u, v, 0.5), atol=1e-7)


def test_the_parameter_of_a_cubic_without_range_runs_to_one(tmp_path):
    poly = '<paramPoly3 aU="0" bU="20" cU="0" dU="0" aV="0" bV="0" cV="3" dV="0"{}/>'
    whole = line_of(tmp_path, geometry(poly.format(""), length=20.0))
    normalised = line_of(tmp_path, geometry(poly.format(' pRange="normalized"'), length=20.0))
    s = np.array([0.0, 10.0, 20.0])
    np.testing.assert_array_equal(whole(s), normalised(s))
    np.testing.assert_allclose(whole(s)[0], (0.0, 10.0, 20.0))
    np.testing.assert_allclose(whole(s)[1], (0.0, 0.75, 3.0))


def test_the_parameter_of_a_cubic_in_metres_is_the_station(tmp_path):
    poly = '<paramPoly3 aU="0" bU="1" cU="0" dU="0" aV="0" bV="0" cV="0.01" dV="0" pRange="arcLength"/>'
    x, y, heading = line_of(tmp_path, geometry(poly, length=20.0))(np.array([10.0]))
    np.testing.assert_allclose((x[0], y[0], heading[0]), (10.0, 1.0, np.arctan(0.2)))


@settings(max_examples=40, deadline=None)
@given(
    kind=st.sampled_from(["arc", "spiral", "poly3", "paramPoly3"]),
    bend=st.floats(-0.08, 0.08),
    more=st.floats(-0.08, 0.08),
    heading=st.floats(-7.0, 7.0),
    length=st.floats(0.5, 60.0),
    share=st.floats(0.0, 1.0),
)
def test_every_shape_lies_within_a_millimetre_of_the_reference(
    tmp_path_factory, kind, bend, more, heading, length, share
):
    shape = {
        "arc": f'<arc curvature="{bend}"/>',
        "spiral": f'<spiral curvStart="{bend}" curvEnd="{more}"/>',
        "poly3": f'<poly3 a="0" b="0" c="{bend / 4}" d="{more / 400}"/>',
        "paramPoly3": f'<paramPoly3 aU="0" bU="{length}" cU="0" dU="{more}" '
        f'aV="0" bV="0" cV="{bend * length}" dV="{more}"/>',
    }[kind]
    text = geometry(shape, x=5.0, y=-3.0, hdg=heading, length=length)
    line = line_of(tmp_path_factory.mktemp("shape"), text)
    x, y, angle = line(np.array([share * length]))
    wanted = reference.reference_pose(ElementTree.fromstring(road(plan=text)), share * length)
    assert np.hypot(x[0] - wanted[0], y[0] - wanted[1]) < 1e-3
    assert abs((angle[0] - wanted[2] + np.pi) % (2 * np.pi) - np.pi) < 1e-3


def test_geometries_too_short_to_see_are_passed_over(tmp_path):
    plan = geometry(length=50.0) + geometry(s=50.0, x=50.0, length=1e-9) + geometry(s=50.0, x=50.0, length=50.0)
    assert line_of(tmp_path, plan).knots.tolist() == [0.0, 50.0, 100.0]


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        ("", r"line 4, <road id='1'>: has no geometry"),
        (geometry(length=1e9), "length: expected at most 50000 m"),
        (geometry('<arc curvature="1e6"/>'), "curvature: expected at most"),
        (geometry('<spiral curvStart="0"/>'), "<spiral>: has no curvEnd"),
        (geometry(x=1e9), "x, y: expected at most"),
        (geometry(x=float("nan")), "x: expected a finite number, got 'nan'"),
        (geometry(hdg=float("inf")), "hdg: expected a finite number, got 'inf'"),
        (geometry('<arc curvature="tight"/>'), "curvature: expected a number, got 'tight'"),
    ],
)
def test_a_line_that_cannot_be_is_refused_with_its_place(tmp_path, plan, message):
    with pytest.raises(FileFormatError, match=message):
        line_of(tmp_path, plan)
