import time

import cv2
import numpy as np
import pytest

from drivesim.maps.ground import ground_from_picture, material_at, pack_ground
from drivesim.maps.materials import Material, shade
from drivesim.render.ground import GroundPainter, _gather, density_of, detail_for, ground_colors
from drivesim.render.view import View

ORIGIN = (-20.0, 10.0)
GRASS, ASPHALT = int(shade(Material.GRASS, 90)), int(shade(Material.ASPHALT, 60))


class Maps:
    """As much of `MapArrays` as a painter without scenery reads."""

    def __init__(self) -> None:
        # 80 m x 60 m of grass with one square of asphalt, 10 m x 10 m, its lower left corner at (0, 30).
        picture = np.full((600, 800), GRASS, np.uint8)
        picture[200:300, 200:300] = ASPHALT
        self.ground = pack_ground(ground_from_picture(picture, ORIGIN))
        self.origin = np.array([ORIGIN])
        self.slot_of = np.zeros(1, np.int32)


@pytest.fixture(scope="module")
def maps():
    return Maps()


def paint(maps, view: View, painter: GroundPainter | None = None, **how) -> np.ndarray:
    frame = np.zeros((view.size[1], view.size[0], 4), np.uint8)
    (painter or GroundPainter(maps)).paint(frame, view, 0, **how)
    return frame


def color(maps, material: int) -> list[int]:
    return maps.ground.palette[material, :3].tolist()


@pytest.mark.parametrize("zoom", [1.5, 5.0, 9.0, 18.0, 35.0])
@pytest.mark.parametrize("up", [np.pi / 2, 0.0, 2.3])
def test_the_square_is_where_the_view_says_at_every_zoom_and_turn(maps, zoom, up):
    view = View(x=5.0, y=35.0, up=up, zoom=zoom, size=(300, 200))
    frame = paint(maps, view)
    inside = np.array([(0.8, 30.8), (9.2, 30.8), (9.2, 39.2), (0.8, 39.2), (5.0, 35.0)])
    outside = np.array([(-0.8, 35.0), (10.8, 35.0), (5.0, 29.2), (5.0, 40.8)])
    grass, asphalt = np.array(color(maps, GRASS)), np.array(color(maps, ASPHALT))
    for points, is_asphalt in ((inside, True), (outside, False)):
        for px, py in view.to_screen(points):
            if 1 <= px < 299 and 1 <= py < 199:
                pixel = frame[int(py), int(px), :3].astype(int)
                assert (np.abs(pixel - asphalt).sum() < np.abs(pixel - grass).sum()) == is_asphalt


def test_beyond_the_map_lies_the_material_of_the_outside(maps):
    frame = paint(maps, View(x=500.0, y=500.0, zoom=8.0, size=(64, 64)))
    assert np.abs(frame[..., :3].astype(int) - color(maps, 0)).max() <= 1


def test_strips_give_the_same_picture_as_one_warp(maps):
    view = View(x=5.0, y=35.0, up=1.1, zoom=7.0, size=(640, 200))
    painter = GroundPainter(maps)
    frame = paint(maps, view, painter)
    narrow = View(x=5.0, y=35.0, up=1.1, zoom=7.0, size=(100, 200), anchor=(3.2, 0.5))
    # The same view, but only its first hundred columns.
    assert np.abs(paint(maps, narrow, painter).astype(int) - frame[:, :100]).max() <= 1


def test_where_nobody_waits_a_coarse_picture_stands_in_and_is_refined_later(maps):
    painter, view = GroundPainter(maps), View(x=5.0, y=35.0, zoom=9.0, size=(400, 300))
    rough = paint(maps, view, painter, wait=False)
    assert not painter.complete
    assert np.abs(rough[150, 200, :3].astype(int) - color(maps, ASPHALT)).max() <= 40
    for _ in range(400):
        final = paint(maps, view, painter, wait=False)
        if painter.complete:
            break
        time.sleep(0.005)
    painter.close()
    assert np.array_equal(final, paint(maps, view))


def test_only_the_part_of_a_frame_that_the_view_covers_is_painted(maps):
    view = View(x=5.0, y=35.0, zoom=9.0, size=(400, 300))
    frame = np.full((320, 500, 4), 7, np.uint8)
    GroundPainter(maps).paint(frame, view, 0)
    assert np.array_equal(frame[:300, :400], paint(maps, view))
    assert (frame[300:] == 7).all() and (frame[:, 400:] == 7).all()


def test_chunks_out_of_sight_of_a_turned_view_are_not_made(maps):
    made = []
    painter = GroundPainter(maps, lambda picture, chunk: made.append(chunk))
    view = View(x=40.0, y=40.0, up=np.pi / 4, zoom=8.0, size=(1200, 60))
    paint(maps, view, painter)
    # The canvas covers the square around the turned strip, 112 m wide, with a margin; the strip itself meets few.
    assert 4 <= len(made) <= 14
    assert painter.complete


@pytest.mark.parametrize("level", range(6))
def test_stretches_of_texels_are_the_texels_one_by_one(maps, rng, level):
    side = 800 >> level
    for _ in range(20):
        x, y = (int(value) for value in rng.integers(-70, side + 70, 2))
        gathered = np.empty((9, 150), np.uint8)
        _gather(maps.ground, 0, level, x, y, gathered)
        row, column = int(rng.integers(9)), int(rng.integers(150))
        assert gathered[row, column] == material_at(maps.ground, 0, level, x + column, y + row)


def test_driving_on_keeps_what_was_painted(maps):
    calls = []
    painter = GroundPainter(maps, lambda picture, chunk: calls.append(chunk))
    for x in np.arange(0.0, 60.0, 1.0):
        paint(maps, View(x=float(x), y=35.0, zoom=9.0, size=(200, 100)), painter)
    assert len(calls) == len(set(calls))


def test_missing_tiles_are_smoothed_up_from_the_coarser_level(maps):
    square = ground_colors(maps.ground, 0, 0, 128, 128, 128)
    assert square[:, 0].tolist() == [color(maps, GRASS)] * 128
    sparse = maps.ground._replace(directory=maps.ground.directory.copy())
    first, (tiles_x, tiles_y) = int(sparse.directory_first[0, 0]), sparse.tiles[0, 0]
    sparse.directory[first : first + tiles_x * tiles_y] = -1
    smooth = ground_colors(sparse, 0, 0, 128, 128, 128)
    assert cv2.absdiff(square, smooth).mean() < 2.0


def test_detail_follows_the_zoom():
    assert [density_of(detail) for detail in (-2, -1, 0, 1)] == pytest.approx([40.0, 20.0, 10.0, 5.0])
    assert detail_for(1000.0) == -2
    assert detail_for(0.01) == 5
    for zoom in np.geomspace(0.6, 50.0, 40):
        assert density_of(detail_for(zoom)) >= 0.74 * min(zoom, 40.0)
