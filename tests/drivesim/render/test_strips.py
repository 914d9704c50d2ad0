import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivesim.render.strips import COLORS, SPANS_MIN, WINDOW_S, StripHistory, bounds_of, continuous, strip_plot

STEP_S = 0.1


def kept(steps: int, samples: int = 10) -> StripHistory:
    history = StripHistory()
    for step in range(steps):
        time_s = step * STEP_S
        values = time_s - STEP_S + STEP_S * np.arange(1, samples + 1) / samples
        history.add(time_s, {"ax m/s^2": values}, step_s=STEP_S)
    return history


def test_samples_of_a_step_are_spread_evenly_up_to_its_end():
    strip = kept(3).strip()
    assert strip.values[0] == pytest.approx(strip.times)
    assert np.diff(strip.times) == pytest.approx(0.01)


def test_only_the_last_seconds_are_kept():
    strip = kept(500, samples=1).strip()
    assert strip.times[-1] == pytest.approx(49.9)
    assert WINDOW_S - STEP_S <= np.ptp(strip.times) <= WINDOW_S + STEP_S


def test_another_episode_begins_with_nothing():
    history = kept(30)
    history.add(0.0, {"ax m/s^2": np.zeros(10)}, step_s=STEP_S)
    assert history.strip().values.shape == (1, 10)


def test_a_moment_that_is_shown_anew_replaces_itself():
    history = kept(5)
    history.add(4 * STEP_S, {"ax m/s^2": np.full(10, 7.0)}, step_s=STEP_S)
    strip = history.strip()
    assert strip.values.shape == (1, 50)
    assert (strip.values[0, -10:] == 7.0).all()


@given(st.lists(st.floats(-1e6, 1e6) | st.just(float("nan")), max_size=20), st.sampled_from([*SPANS_MIN, "deg"]))
def test_bounds_hold_all_values_and_never_blow_up_noise(values, unit):
    low, high = bounds_of(np.array(values), unit)
    known = [value for value in values if np.isfinite(value)]
    assert high - low >= SPANS_MIN.get(unit, 0.0) * (1.0 - 1e-9)
    assert all(low - 1e-6 * abs(low) <= value <= high + 1e-6 * abs(high) for value in known)


def ink_of(picture: np.ndarray, color) -> np.ndarray:
    return np.abs(picture.astype(int) - np.array(color)).sum(axis=-1) < 60


def plotted(values: dict[str, np.ndarray], size=(240, 128)) -> np.ndarray:
    history = StripHistory()
    for step in range(100):
        history.add(step * STEP_S, {name: row[step : step + 1] for name, row in values.items()}, step_s=STEP_S)
    return strip_plot(history.strip(), size)


def test_an_angle_that_swings_about_west_does_not_jump():
    angles = np.array([[3.1, -3.1, np.nan, 3.12, -3.14]])
    drawn = continuous(angles)
    turn = 2.0 * np.pi
    assert drawn[0, [0, 1, 3, 4]] == pytest.approx([3.1, turn - 3.1, 3.12, turn - 3.14])
    assert np.isnan(drawn[0, 2])


def test_components_of_a_vector_share_a_plot_and_have_their_colours():
    wave = np.sin(np.arange(100) / 7.0)
    picture = plotted({"ax m/s^2": 5 * wave, "ay m/s^2": -5 * wave})
    places = [np.nonzero(ink_of(picture, color))[0] for color in COLORS[:2]]
    assert all(len(rows) > 30 for rows in places)
    assert np.ptp(places[0]) > 40 and np.ptp(places[1]) > 40


def test_a_gap_in_the_numbers_is_a_gap_in_the_curve():
    values = np.ones(100)
    values[40:60] = np.nan
    whole, broken = (plotted({"up m": row}) for row in (np.ones(100), values))
    columns = [ink_of(picture, (238, 242, 246))[60:, :130].any(axis=0) for picture in (whole, broken)]
    assert columns[0].sum() - columns[1].sum() == pytest.approx(0.2 * columns[0].sum(), abs=6)


@pytest.mark.parametrize("size", [(8, 8), (60, 30), (240, 128), (900, 480)])
def test_a_plot_has_the_size_asked_for_even_without_numbers(size):
    assert strip_plot(kept(5).strip(), size).shape == (size[1], size[0], 3)
    assert strip_plot(StripHistory().strip(), size).shape == (size[1], size[0], 3)
