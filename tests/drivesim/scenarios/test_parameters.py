"""Expressions and grids of scenario files."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivesim.errors import ConfigError
from drivesim.scenarios.parameters import evaluate, grid_of, substitute


def test_expressions_are_worked_out_as_written():
    known = {"speed_kmh": 36, "a": 2.0}
    assert evaluate("speed_kmh / 3.6", known, "x") == pytest.approx(10.0)
    assert evaluate("-(a + 1) * 2 ** 3", known, "x") == pytest.approx(-24.0)
    assert evaluate("1 if a > 1 else 0", known, "x") == 1
    assert evaluate("min(sqrt(16), sign(-3) + abs(-9))", known, "x") == pytest.approx(4.0)
    assert substitute({"v": "$a", "w": ["${a*a}", "plain"]}, known, "x") == {"v": 2.0, "w": [4.0, "plain"]}


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os')",
        "a.b",
        "[1]",
        "lambda: 1",
        "(1).__class__",
        "a if a else b",
        "9**9**9",
        "1/0",
        "x" * 501,
        "1 +",
    ],
)
def test_anything_else_is_refused(text):
    with pytest.raises(ConfigError):
        evaluate(text, {"a": 0.0}, "x")


def test_an_unknown_parameter_is_named_with_the_nearest():
    with pytest.raises(ConfigError, match="here: unknown parameter 'sped'; did you mean 'speed'"):
        substitute("$sped", {"speed": 1}, "here")


@given(st.lists(st.floats(-10, 10), min_size=1, max_size=4), st.lists(st.integers(0, 5), min_size=1, max_size=4))
def test_a_grid_is_the_cross_product_times_the_rows(first, second):
    rows = grid_of({"parameters": {"a": first, "b": second}, "rows": [{"c": 1}, {"c": 2}]}, "x")
    assert len(rows) == 2 * len(first) * len(second)
    assert rows[0] == {"a": first[0], "b": second[0], "c": 1}


def test_a_grid_has_an_end():
    with pytest.raises(ConfigError, match="at most 5000 variants"):
        grid_of({"parameters": {name: list(range(100)) for name in "abc"}}, "x")
