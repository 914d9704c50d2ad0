"""Parts of kernels: what a configuration does without is not compiled, and a call of it is a constant."""

from typing import NamedTuple

import numpy as np
import pytest
from numba import njit

from drivesim.kernels.parts import ABSENT, PRESENT, Absent, Present, part
from drivesim.kernels.target import view


class Settings(NamedTuple):
    extra: Present | Absent
    factor: np.float64


@part("extra", of="settings", otherwise=-1.0)
def scaled(value, settings):
    return value * settings.factor


@part("extra", of="settings")
def nonsense(value, settings):
    return value.does_not_exist


@njit
def answer(value, settings):
    return scaled(value, settings)


@njit
def careless(value, settings):
    nonsense(value, settings)
    return value


@pytest.mark.parametrize("given", [lambda settings: settings, view], ids=["tuple", "view"])
def test_a_part_is_called_where_it_is_there_and_is_a_constant_where_it_is_not(given):
    assert answer(3.0, given(Settings(PRESENT, np.float64(2.0)))) == 6.0
    assert answer(3.0, given(Settings(ABSENT, np.float64(2.0)))) == -1.0


def test_what_is_absent_is_not_even_looked_at():
    assert careless(3.0, view(Settings(ABSENT, np.float64(2.0)))) == 3.0
    with pytest.raises(Exception, match="does_not_exist"):
        careless(3.0, view(Settings(PRESENT, np.float64(2.0))))


def test_a_part_without_the_argument_that_tells_is_refused():
    with pytest.raises(ValueError, match=r"expected an argument 'parameters', has \['value'\]"):
        part("extra")(lambda value: value)
