"""Reference lines against Fresnel integrals and Simpson's rule; lanes beside them against circles and differences."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivesim.maps.curves import Curve, Profile, lane_line
from tests.reference.curves import end_of, fresnel

curvatures = st.floats(-1 / 20, 1 / 20)
chains = st.lists(st.tuples(st.floats(1.0, 80.0), curvatures, curvatures), min_size=1, max_size=6)


def at(curve: Curve, s: float) -> tuple[float, float, float]:
    pose = curve.pose(np.array([s]))
    return float(pose.x[0]), float(pose.y[0]), float(pose.heading[0])


@pytest.mark.parametrize("s", [10.0, 33.3, 80.0])
def test_a_clothoid_from_the_origin_is_the_fresnel_integral(s):
    scale = 50.0  # heading = pi / 2 (s / scale)^2, so curvature rises by pi / scale^2 per metre
    curve = Curve(0.0, 0.0, 0.0, [(100.0, 0.0, 100.0 * math.pi / scale**2)])
    x, y, heading = at(curve, s)
    cosine, sine = fresnel(s / scale)
    assert x == pytest.approx(scale * cosine, abs=1e-9)
    assert y == pytest.approx(scale * sine, abs=1e-9)
    assert heading == pytest.approx(math.pi / 2 * (s / scale) ** 2, abs=1e-12)


def test_a_full_circle_closes():
    curve = Curve(3.0, -4.0, 0.7, [(2 * math.pi * 35.0, 1 / 35.0, 1 / 35.0)])
    assert at(curve, curve.length) == pytest.approx((3.0, -4.0, 0.7 + 2 * math.pi), abs=1e-9)


@settings(deadline=None, max_examples=30)
@given(pieces=chains, heading=st.floats(-4, 4))
def test_a_chain_ends_where_simpsons_rule_says(pieces, heading):
    curve = Curve(1.0, 2.0, heading, pieces)
    assert at(curve, curve.length) == pytest.approx(end_of(1.0, 2.0, heading, pieces), abs=1e-7)


@settings(deadline=None, max_examples=30)
@given(pieces=chains)
def test_a_reversed_line_has_the_same_points_and_opposite_bends(pieces):
    curve = Curve(0.0, 0.0, 0.3, pieces)
    back = curve.reversed()
    s = np.linspace(0.0, curve.length, 37)
    forward, backward = curve.pose(s), back.pose(curve.length - s)
    np.testing.assert_allclose(backward.beside(0.0), forward.beside(0.0), atol=1e-8)
    np.testing.assert_allclose(backward.beside(-2.0), forward.beside(2.0), atol=1e-8)
    inside = np.abs(s[:, None] - curve.knots).min(axis=1) > 1e-6
    np.testing.assert_allclose(backward.curvature[inside], -forward.curvature[inside], atol=1e-9)


def test_curvature_is_linear_along_a_clothoid_and_cheap_to_ask_for():
    curve = Curve(0.0, 0.0, 0.0, [(30.0, 0.0, 0.0), (40.0, 0.0, 0.02), (20.0, 0.02, 0.02)])
    s = np.array([10.0, 40.0, 50.0, 80.0])
    np.testing.assert_allclose(curve.pose(s).curvature, [0.0, 0.005, 0.01, 0.02], atol=1e-12)
    np.testing.assert_allclose(curve.curvature(s), curve.pose(s).curvature, atol=1e-12)


def test_no_pieces_is_an_error():
    with pytest.raises(ValueError, match="at least one finite row"):
        Curve(0.0, 0.0, 0.0, [(0.0, 0.1, 0.1)])


def test_a_profile_passes_its_knots_with_level_ends():
    profile = Profile.through((0.0, 50.0, 80.0), (3.2, 3.9, 3.5))
    value, first, second = profile.derivatives(np.array([-10.0, 0.0, 50.0, 80.0, 200.0]))
    np.testing.assert_allclose(value, [3.2, 3.2, 3.9, 3.5, 3.5], atol=1e-12)
    np.testing.assert_allclose(first, 0.0, atol=1e-12)
    np.testing.assert_allclose(second, 0.0, atol=1e-12)


def test_the_derivatives_of_a_profile_are_its_differences():
    profile = Profile.through((0.0, 50.0, 80.0), (3.2, 3.9, 3.5)) * -0.5 + 1.0
    s, h = np.linspace(-5.0, 90.0, 41) + 0.123, 1e-4
    value, first, second = profile.derivatives(s)
    ahead, behind = profile.value(s + h), profile.value(s - h)
    np.testing.assert_allclose(first, (ahead - behind) / (2 * h), atol=1e-7)
    np.testing.assert_allclose(second, (ahead - 2 * value + behind) / h**2, atol=1e-5)


@pytest.mark.parametrize(("offset", "direction"), [(2.0, 1), (-2.0, 1), (2.0, -1)])
def test_a_lane_beside_a_circle_is_a_circle(offset, direction):
    curve = Curve(0.0, 0.0, 0.0, [(100.0, 1 / 40.0, 1 / 40.0)])
    ends = (0.0, 100.0) if direction > 0 else (100.0, 0.0)
    line = lane_line(curve, *ends, Profile.constant(offset))
    radius = 40.0 - offset
    assert line.length == pytest.approx(100.0 * radius / 40.0, abs=1e-9)
    np.testing.assert_allclose(np.hypot(line.points[:, 0], line.points[:, 1] - 40.0), radius, atol=1e-9)
    np.testing.assert_allclose(line.curvature, direction / radius, atol=1e-12)
    assert np.abs(np.diff(line.station)).max() == pytest.approx(np.abs(np.diff(line.station)).min(), rel=1e-9)


def wavy() -> tuple[Curve, Profile]:
    bends = [(30.0, 0.0, 0.0), (30.0, 0.0, 0.02), (40.0, 0.02, 0.02), (60.0, 0.02, -0.0125), (40.0, -0.0125, 0.0)]
    return Curve(0.0, 0.0, 3.0, bends), Profile.through((20.0, 120.0, 180.0), (-1.6, -6.0, -1.9))


@pytest.mark.parametrize("ends", [(0.0, 200.0), (200.0, 0.0), (35.0, 150.0)])
def test_points_of_a_lane_are_evenly_spaced_and_head_along_it(ends):
    line = lane_line(*wavy()[:1], *ends, wavy()[1])
    steps = np.diff(line.points, axis=0)
    chord = np.hypot(*steps.T)
    spacing = line.length / (len(line.points) - 1)
    assert 0.9 < spacing < 1.1
    np.testing.assert_allclose(chord, spacing, rtol=2e-4)  # a chord is shorter than its arc by (curvature step)^2 / 24
    middle = 0.5 * (line.heading[1:] + line.heading[:-1])
    turn = np.angle(np.exp(1j * (np.arctan2(steps[:, 1], steps[:, 0]) - middle)))
    assert np.abs(turn).max() < 3e-4  # slope of the curvature times the squared step over 12
    assert np.abs(np.diff(line.heading)).max() < 0.1
    assert abs(line.heading[0]) <= math.pi


@pytest.mark.parametrize("ends", [(0.0, 200.0), (200.0, 0.0)])
def test_the_curvature_of_a_lane_is_the_rate_of_its_heading(ends):
    curve, offset = wavy()
    line = lane_line(curve, *ends, offset, step_count=4000)
    rate = np.gradient(line.heading, line.length / 4000)
    knots = np.concatenate((curve.knots, offset.start))  # where the slope of the curvature jumps, differences are off
    smooth = np.abs(line.station[:, None] - knots).min(axis=1) > 0.2
    np.testing.assert_allclose(line.curvature[smooth], rate[smooth], atol=2e-6)


def test_the_number_of_points_can_be_asked_for():
    assert len(lane_line(*wavy()[:1], 0.0, 90.0, wavy()[1], step_count=33).points) == 34
