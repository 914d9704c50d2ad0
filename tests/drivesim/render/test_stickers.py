import numpy as np
import pytest

from drivesim.render.hud import Readout, draw_banner, draw_cluster, draw_legend, draw_status, draw_title, legible
from drivesim.render.ink import AMBER, Box, Ink
from drivesim.render.stickers import Stickers
from drivesim.render.toolbar import BUTTONS, button_boxes, draw_toolbar
from drivesim.state import EndReason

SIZE = (1280, 720)
FREE = Box(0.0, 0.0, 930.0, 720.0)
READOUT = legible(
    Readout(
        speed=23.0, limit=22.0, steering=0.3, pedal=-0.4, completion=0.4, title="Lane", subtitle="road 7",
        label="before", end=EndReason.COLLISION, manual=True, paused=True, recording_s=1.0, notice="saved", fps=60.0,
        lagging=True, weather="FogNoon", faults=("camera dead 3",),
    )
)  # fmt: skip
BUTTON_BOXES = button_boxes(FREE, 1.0, Box(10.0, 598.0, 342.0, 112.0))
PANELS = {
    "title": lambda ink: draw_title(ink, READOUT, FREE),
    "cluster": lambda ink: draw_cluster(ink, READOUT, FREE),
    "status": lambda ink: draw_status(ink, READOUT, Box(10.0, 600.0, 342.0, 112.0)),
    "banner": lambda ink: draw_banner(ink, READOUT, 500.0, 0.0),
    "toolbar": lambda ink: draw_toolbar(ink, BUTTON_BOXES, {"record"}, BUTTONS[0][0]),
    "toolbar, last": lambda ink: draw_toolbar(ink, BUTTON_BOXES, {"pause"}, BUTTONS[-1][0]),
    "legend": draw_legend,
}


@pytest.mark.parametrize("name", PANELS)
def test_a_sticker_looks_as_if_it_were_drawn_on_the_frame(rng, name):
    frame = np.dstack([rng.integers(0, 256, (SIZE[1], SIZE[0], 3)), np.full(SIZE[::-1], 255)]).astype(np.uint8)
    drawn, laid = frame.copy(), frame.copy()
    box = PANELS[name](Ink(drawn))
    stickers = Stickers()
    assert stickers.lay(Ink(laid), name, 0, PANELS[name]) == box
    assert not np.array_equal(laid, frame)
    difference = np.abs(drawn[..., :3].astype(int) - laid[..., :3])
    # Layers of a panel are rounded one by one.
    assert difference.max() <= 4
    assert (difference > 2).mean() < 1e-3


@pytest.mark.parametrize("name", PANELS)
def test_a_panel_stays_inside_the_box_it_names(name):
    frame = np.zeros((SIZE[1], SIZE[0], 4), np.uint8)
    box = PANELS[name](Ink(frame))
    rows, columns = np.nonzero(frame[..., :3].any(axis=2))
    assert box.left - 2 <= columns.min() and columns.max() < box.right + 2
    assert box.top - 2 <= rows.min() and rows.max() < box.bottom + 2


def test_a_panel_is_drawn_again_only_when_what_it_shows_changes():
    drawn = []

    def draw(ink: Ink) -> Box:
        drawn.append(ink)
        ink.panel(Box(10, 10, 50, 20), color=AMBER)
        return Box(10, 10, 50, 20)

    stickers, small, large = Stickers(), (100, 200, 4), (200, 300, 4)
    for key, shape, count in (("a", small, 2), ("a", small, 2), ("b", small, 4), ("b", large, 6), ("b", large, 6)):
        frame = np.zeros(shape, np.uint8)
        stickers.lay(Ink(frame), "panel", key, draw)
        assert len(drawn) == count
        assert frame[20, 30, :3] == pytest.approx(0.78 * np.array(AMBER), abs=2)


def test_nothing_to_draw_leaves_the_frame_alone():
    frame = np.full((50, 60, 4), 9, np.uint8)
    box = Stickers().lay(Ink(frame), "none", 0, lambda ink: Box(30.0, 20.0, 0.0, 0.0))
    assert (frame == 9).all()
    assert box.width == 0.0
