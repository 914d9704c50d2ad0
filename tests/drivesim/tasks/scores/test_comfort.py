import numpy as np
import pytest

from drivesim.tasks.scores.comfort import comfort_signals, is_comfortable, savitzky_golay, smoothness
from tests.judges import ask
from tests.reference.traces import straight

CASES = [(8, 2, 0), (15, 2, 1), (15, 3, 2), (7, 2, 0), (4, 2, 1)]


@pytest.mark.parametrize(("window", "order", "derivative"), CASES)
def test_a_polynomial_of_the_filters_order_is_kept(window, order, derivative):
    t = 0.1 * np.arange(40)
    polynomial = np.polynomial.Polynomial([1.0, -2.0, 0.7, 0.3][: order + 1])
    values = savitzky_golay(polynomial(t), window, order, derivative, 0.1)
    exact = (polynomial.deriv(derivative) if derivative else polynomial)(t)
    half = window // 2
    inner = slice(half, 40 - half)
    shifted = (polynomial.deriv(derivative) if derivative else polynomial)(t + (0.05 if window % 2 == 0 else 0.0))
    assert values[inner] == pytest.approx(shifted[inner])
    assert values[: half - 1] == pytest.approx(exact[: half - 1])
    assert values[len(t) - half + 1 :] == pytest.approx(exact[len(t) - half + 1 :])


@pytest.mark.parametrize(("window", "order", "derivative"), CASES)
def test_the_filter_equals_scipys(window, order, derivative, rng):
    values = rng.normal(size=60)
    script = """
from scipy.signal import savgol_filter
w, p, d = (int(n) for n in given["how"])
answer["values"] = savgol_filter(given["values"], w, p, d, delta=0.1)
"""
    theirs = ask(script, {"values": values, "how": np.array([window, order, derivative])}, "scipy")["values"]
    assert savitzky_golay(values, window, order, derivative, 0.1) == pytest.approx(theirs, abs=1e-9)


def test_a_steady_drive_is_comfortable():
    assert is_comfortable(straight(100))
    assert smoothness(straight(100)) == 1.0


def test_constant_braking_is_judged_by_its_strength():
    t = 0.1 * np.arange(60)
    for rate, fine in ((3.9, True), (4.2, False)):
        assert is_comfortable(straight(60, speed=30.0 - rate * t)) is fine
    assert comfort_signals(straight(60, speed=30.0 - 3.9 * t)).longitudinal_accel == pytest.approx(-3.9)


def test_a_circle_accelerates_towards_its_centre():
    yaw = 0.05 * np.arange(80)
    signals = comfort_signals(straight(80, speed=8.0, yaw=yaw))
    assert signals.yaw_rate == pytest.approx(0.5)
    assert signals.lateral_accel == pytest.approx(4.0)
    assert signals.yaw_accel == pytest.approx(0.0, abs=1e-9)


def test_smoothness_counts_stretches_of_20_samples():
    speed = np.full(100, 20.0)
    speed[50:60] = np.linspace(20.0, 10.0, 10)
    speed[60:] = 10.0
    assert 0.4 <= smoothness(straight(100, speed=speed)) <= 0.8


@pytest.mark.parametrize("ticks", [1, 3, 5, 9])
def test_short_drives_are_judged_by_what_there_is(ticks):
    assert is_comfortable(straight(ticks))
