import numpy as np
import pytest

from drivesim.errors import (
    ActionError,
    ConfigError,
    DisplayError,
    DrivesimError,
    FileFormatError,
    MapError,
    SimulationError,
    Status,
    check_choice,
    check_integer,
    check_range,
    check_shape,
    hint,
    raise_if,
)


@pytest.mark.parametrize("error", [ConfigError, ActionError, MapError, FileFormatError])
def test_wrong_input_is_also_a_value_error(error):
    assert issubclass(error, DrivesimError)
    assert issubclass(error, ValueError)


@pytest.mark.parametrize("error", [SimulationError, DisplayError])
def test_a_failed_run_is_also_a_runtime_error(error):
    assert issubclass(error, DrivesimError)
    assert issubclass(error, RuntimeError)


def test_a_typo_is_answered_with_the_nearest_name():
    assert hint("highwy", ["lane", "highway"]) == "did you mean 'highway'?"


def test_a_name_near_to_none_is_answered_with_all_of_them():
    assert hint("qqq", ["lane", "highway"]) == "known: highway, lane"


def test_a_known_choice_passes_through():
    assert check_choice("config", "lane", ["lane", "highway"]) == "lane"


def test_an_unknown_choice_names_argument_value_and_nearest():
    with pytest.raises(ConfigError, match=r"config: unknown value 'lan'; did you mean 'lane'\?"):
        check_choice("config", "lan", ["lane", "highway"])


@pytest.mark.parametrize("value", [None, 3, ["lane"]])
def test_a_choice_that_is_no_text_is_refused(value):
    with pytest.raises(ConfigError, match="config: unknown value"):
        check_choice("config", value, ["lane"])


@pytest.mark.parametrize("value", [0, 0.0, 1, 0.5, np.float32(0.5)])
def test_a_range_includes_its_ends(value):
    check_range("x", value, 0.0, 1.0)


@pytest.mark.parametrize("value", [-0.001, 1.001, float("nan"), float("inf"), "0.5", None, True])
def test_outside_the_range_nan_and_no_number_are_refused(value):
    with pytest.raises(ConfigError, match=r"x: expected a value in \[0, 1\], got"):
        check_range("x", value, 0.0, 1.0)


@pytest.mark.parametrize("value", [4, 4096, np.int64(64)])
def test_an_integer_in_its_range_passes(value):
    check_integer("width", value, 4, 4096)


@pytest.mark.parametrize("value", [3, 4097, 64.0, "64", False])
def test_what_is_no_integer_or_outside_is_refused(value):
    with pytest.raises(ConfigError, match=r"width: expected an integer in \[4, 4096\], got"):
        check_integer("width", value, 4, 4096)


def test_a_wrong_shape_names_both_shapes():
    check_shape("action", np.zeros((2, 3)), (2, 3))
    with pytest.raises(ValueError, match=r"action: expected shape \(2, 3\), got \(3, 2\)"):
        check_shape("action", np.zeros((3, 2)), (2, 3))


def test_a_status_that_is_not_fatal_raises_nothing():
    status = np.array([0, int(Status.SLOTS_FULL)], np.int32)
    raise_if(status, Status.NON_FINITE, tick=np.zeros(2), seed=np.zeros(2))


def test_a_fatal_status_names_cause_count_and_what_replays_it():
    status = np.array([0, int(Status.SLOTS_FULL), int(Status.NON_FINITE | Status.SLOTS_FULL)], np.int32)
    with pytest.raises(
        SimulationError, match=r"NON_FINITE.* in 1 of 3 worlds; first: world 2, seed 12, tick 7"
    ) as caught:
        raise_if(status, Status.NON_FINITE, tick=np.array([5, 6, 7]), seed=np.array([10, 11, 12], np.uint64))
    assert "SLOTS_FULL" not in str(caught.value)
