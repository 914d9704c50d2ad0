"""Careful drivers: metrics worked out by hand, and what they avoid."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivesim.tasks.careful import (
    BRAKE,
    Track,
    careful_human,
    cfs,
    collides,
    fuzzy_safety,
    must_avoid_cut_in,
    pfs,
)


def standing(at: float, d: float = 0.0) -> Track:
    time = np.array([0.0, 20.0])
    same = np.zeros(2)
    return Track(time=time, rear=same + at, front=same + at + 4.0, d=same + d, speed=same, width=1.8)


def test_metrics_of_the_fuzzy_model_are_as_worked_out_by_hand():
    # 20 m/s behind 10 m/s: safe 15 + 50 - 50/7 + 2 = 59.857 m, unsafe 15 + 33.333 - 7.143 = 41.190 m, and 2 m of room.
    assert pfs(61.9, 20.0, 10.0) == 0.0
    assert pfs(43.1, 20.0, 10.0) == 1.0
    assert pfs(52.0, 20.0, 10.0) == pytest.approx((50.0 - 59.857) / (41.190 - 59.857), abs=1e-3)
    # Closing at 10 m/s: 7.5 m while reacting, then 100 / 8 = 12.5 m or 100 / 12 = 8.333 m.
    assert cfs(20.1, 20.0, 10.0, 0.0) == 0.0
    assert cfs(15.7, 20.0, 10.0, 0.0) == 1.0
    assert cfs(18.0, 20.0, 10.0, 0.0) == pytest.approx((20.0 - 18.0) / (20.0 - 15.833), abs=1e-3)
    assert cfs(1.0, 10.0, 10.0, 0.0) == 0.0


def test_the_regulation_demands_what_its_formula_says():
    assert must_avoid_cut_in(1.2, 10.0)
    assert not must_avoid_cut_in(1.18, 10.0)


@pytest.mark.parametrize("model", [careful_human, fuzzy_safety])
def test_a_standing_car_is_avoided_from_afar_and_not_from_near(model):
    speed = 60.0 / 3.6
    # The way to a stop at 0.774 g alone is 18.3 m; reacting and building it up take 0.75 s to 1.75 s more.
    assert speed**2 / (2.0 * BRAKE) == pytest.approx(18.3, abs=0.1)
    assert not collides(model, [standing(120.0)], speed=speed, front=0.0, length=4.5)
    assert collides(model, [standing(18.0)], speed=speed, front=0.0, length=4.5)
    assert not collides(model, [standing(18.0, d=3.5)], speed=speed, front=0.0, length=4.5)


@given(st.floats(5.0, 30.0), st.floats(0.0, 30.0), st.floats(1.0, 100.0))
def test_more_room_is_never_less_safe(speed, lead_speed, dist):
    assert pfs(dist + 1.0, speed, lead_speed) <= pfs(dist, speed, lead_speed)
    assert cfs(dist + 1.0, speed, lead_speed, 0.0) <= cfs(dist, speed, lead_speed, 0.0)
