import numpy as np
import pytest

from drivesim.render.ink import Box, Ink
from drivesim.render.timeline import TimelineMark, TimelineView, clock, draw_timeline, time_at, timeline_box

FREE = Box(0.0, 0.0, 900.0, 700.0)
VIEW = TimelineView(10.0, 30.0, 20.0)


def placed() -> Box:
    box = timeline_box(FREE, 1.0)
    assert box is not None
    return box


def drawn(view: TimelineView, pointed: float | None = None) -> np.ndarray:
    frame = np.zeros((700, 900, 4), np.uint8)
    draw_timeline(Ink(frame, scale=1.0), placed(), view, pointed)
    return frame


def test_its_ends_are_the_oldest_and_the_newest_moment():
    box = placed()
    assert time_at(box, 1.0, VIEW, box.left) == 10.0
    assert time_at(box, 1.0, VIEW, box.left + box.width / 2) == pytest.approx(20.0)
    assert time_at(box, 1.0, VIEW, box.right + 500.0) == 30.0


def test_there_is_none_in_a_small_window():
    assert timeline_box(Box(0.0, 0.0, 300.0, 600.0), 1.0) is None
    assert timeline_box(Box(0.0, 0.0, 900.0, 200.0), 1.0) is None


@pytest.mark.parametrize("kind", ["infraction", "trigger", "success", "failure"])
def test_what_happened_shows_where_it_happened(kind):
    with_mark, box = drawn(VIEW._replace(marks=(TimelineMark(25.0, kind, "it"),))), placed()
    changed = (with_mark != drawn(VIEW)).any(axis=(0, 2)).nonzero()[0]
    track = box.width - 2 * 66.0
    assert changed.mean() == pytest.approx(box.left + 66.0 + 0.75 * track, abs=1.5)


def test_what_the_user_drove_and_what_is_pointed_at_shows():
    plain = drawn(VIEW)
    assert not np.array_equal(drawn(VIEW._replace(by_hand=((12.0, 15.0),))), plain)
    assert not np.array_equal(drawn(VIEW, 400.0), plain)
    assert not np.array_equal(drawn(VIEW._replace(replays=True)), plain)


@pytest.mark.parametrize(("time_s", "told"), [(0.0, "0:00.0"), (59.99, "0:59.9"), (60.0, "1:00.0"), (754.3, "12:34.3")])
def test_times_are_told_in_minutes_and_seconds(time_s, told):
    assert clock(time_s) == told


def test_a_drive_that_has_just_begun_has_a_timeline():
    drawn(TimelineView(0.0, 0.0, 0.0))
