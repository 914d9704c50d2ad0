"""Programmes of stages: who has green, for how long, and what lies between."""

import numpy as np
import pytest

from drivesim.maps.programme import staged_lights, timed_lights
from drivesim.semantics import LightColor


def test_stages_follow_one_another_with_clearances():
    # Two stages of 8 and 20 s of green; each with 1 s red-amber, 3 s amber and 2 s in which everybody has red: 40 s.
    first, second = timed_lights([8.0, 20.0], 5.0, 3)
    assert [light.cycle_s for light in (first, second)] == [40.0, 40.0]
    assert [light.offset_s for light in (first, second)] == [5.0, 5.0 + 1.0 + 8.0 + 3.0 + 2.0]
    assert first.phases == (
        (1.0, LightColor.RED_AMBER), (8.0, LightColor.GREEN), (3.0, LightColor.AMBER), (28.0, LightColor.RED),
    )  # fmt: skip
    assert second.phases[1] == (20.0, LightColor.GREEN)
    assert first.junction == second.junction == 3


def test_equal_stages_fill_a_cycle():
    lights = staged_lights(3, 60.0, 50.0, 0)
    assert [light.offset_s for light in lights] == pytest.approx([50.0, 10.0, 30.0])
    assert {light.phases[1][0] for light in lights} == {60.0 / 3 - 6.0}
    assert all(np.isclose(light.cycle_s, 60.0) for light in lights)
