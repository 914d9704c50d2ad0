import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivesim.render.ink import Ink
from drivesim.render.menu import MenuRow, Page, Switch, draw_menu, move, plan_menu

SEVERITIES = ("-", "1", "2", "3", "4", "5")


def pages_of(rows: int, aside: int = 0) -> tuple[Page, ...]:
    kinds = tuple(
        MenuRow(f"kind of fault {row}", tuple(Switch((row, k), text) for k, text in enumerate(SEVERITIES)))
        for row in range(rows)
    )
    return (
        Page("Faults", kinds, tuple(Switch(("sensor", k), f"radar {k}") for k in range(aside))),
        Page("Weather", (MenuRow("clear", (Switch("noon", "Noon"),)),)),
    )


@given(st.integers(0, 40), st.integers(0, 16), st.integers(320, 2600), st.integers(240, 1500))
def test_a_menu_of_any_length_fits_any_window_and_nothing_overlaps(rows, aside, width, height):
    plan = plan_menu(pages_of(rows, aside), 0, (width, height))
    assert plan.panel.left >= 0 and plan.panel.right <= width
    assert plan.panel.top >= 0 and plan.panel.bottom <= height
    places = (*plan.tabs, *plan.switches)
    assert len(plan.switches) == 6 * rows + aside
    for place in places:
        assert place.box.left >= plan.panel.left and place.box.right <= plan.panel.right + 1e-6
        assert place.box.top >= plan.panel.top and place.box.bottom <= plan.panel.bottom + 1e-6
    boxes = [place.box for place in places]
    if len(boxes) < 60:
        for one, other in itertools.combinations(boxes, 2):
            apart_x = one.right <= other.left + 1e-6 or other.right <= one.left + 1e-6
            assert apart_x or one.bottom <= other.top + 1e-6 or other.bottom <= one.top + 1e-6


def test_text_keeps_its_size_where_there_is_room():
    assert plan_menu(pages_of(35, 16), 0, (1280, 720)).scale == pytest.approx(1.0)


def test_a_switch_is_found_where_it_is_drawn():
    plan = plan_menu(pages_of(8, 3), 0, (1280, 720))
    for place in (*plan.tabs, *plan.switches):
        middle = place.box.left + place.box.width / 2, place.box.top + place.box.height / 2
        assert plan.at(*middle) == place.switch
    assert plan.at(1.0, 1.0) is None


def test_arrows_move_to_the_neighbour_and_stop_at_the_rim():
    plan = plan_menu(pages_of(8), 0, (1280, 720))
    assert move(plan, None, 1, 0) == (0, 0)
    assert move(plan, (3, 2), 1, 0) == (3, 3)
    assert move(plan, (3, 2), -1, 0) == (3, 1)
    assert move(plan, (3, 2), 0, 1) == (4, 2)
    assert move(plan, (3, 2), 0, -1) == (2, 2)
    assert move(plan, (0, 0), 0, -1) == (0, 0)


@given(st.lists(st.sampled_from([(1, 0), (-1, 0), (0, 1), (0, -1)]), max_size=60))
def test_every_walk_ends_on_a_switch(steps):
    plan = plan_menu(pages_of(20, 5), 0, (1280, 720))
    names, cursor = {place.switch.name for place in plan.switches}, None
    for right, down in steps:
        cursor = move(plan, cursor, right, down)
        assert cursor in names


def test_what_is_on_pointed_at_or_chosen_looks_different():
    def drawn(lit: bool, cursor=None, pointed=None) -> np.ndarray:
        frame = np.zeros((720, 1280, 4), np.uint8)
        page = Page("Weather", (MenuRow("clear", (Switch("noon", "Noon", lit), Switch("night", "Night"))),))
        draw_menu(Ink(frame), plan_menu((page,), 0, (1280, 720)), cursor, pointed, "arrows move")
        return frame

    plain = drawn(False)
    for other in (drawn(True), drawn(False, cursor="noon"), drawn(False, pointed="noon")):
        assert not np.array_equal(plain, other)
