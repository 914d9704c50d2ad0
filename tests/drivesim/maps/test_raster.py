import dataclasses
import threading

import numpy as np
import pytest

from drivesim.config import MapConfig
from drivesim.errors import MapError
from drivesim.maps.arrays import LEVEL_COUNT
from drivesim.maps.fill import CORNERS, bands_of, fill_bands, fill_convex, polygons_of
from drivesim.maps.ground import GroundPicture
from drivesim.maps.materials import LIGHTNESS, MATERIAL_OF, PALETTE, Material
from drivesim.maps.mips import COVER_FULL, COVER_YELLOW
from drivesim.maps.network import (
    Area,
    AreaKind,
    Lane,
    Marking,
    MarkingColor,
    MarkingType,
    RoadNetwork,
    Scenery,
    SceneryKind,
)
from drivesim.maps.procedural import build_network
from drivesim.maps.raster import draw_ground
from drivesim.maps.shadows import shadow_polygons
from drivesim.maps.strokes import cover_strokes, strokes_of
from drivesim.semantics import Semantic
from tests.reference.ground import clearance, material_at_point

LENGTH_M = 200.0


def straight(angle: float = 0.3, seed: int = 1, **changes) -> RoadNetwork:
    """One lane of 4 m in the middle of 6 m of asphalt, gravel to 8 m; white edge lines, a yellow broken one at -1 m."""
    s = np.arange(0.0, LENGTH_M + 1.0)

    def beside(offset: float) -> np.ndarray:
        return np.stack(
            [s * np.cos(angle) - offset * np.sin(angle), s * np.sin(angle) + offset * np.cos(angle)], axis=1
        )

    def strip(half: float, kind: AreaKind) -> Area:
        return Area(polygon=np.concatenate([beside(-half), beside(half)[::-1]]), kind=kind)

    every = np.ones(len(s))
    lane = Lane(
        points=beside(0.0), heading=angle * every, curvature=0.0 * every, width=4.0 * every, edge_left=3.0 * every,
        edge_right=3.0 * every, oncoming_left=np.inf * every, length=LENGTH_M, speed_limit=20.0,
    )  # fmt: skip
    markings = (
        Marking(points=beside(2.0), type=MarkingType.SOLID),
        Marking(points=beside(-2.0), type=MarkingType.SOLID),
        Marking(points=beside(-1.0), type=MarkingType.BROKEN, color=MarkingColor.YELLOW, width_m=0.2),
    )
    values = {
        "name": "straight", "seed": seed, "lanes": (lane,), "markings": markings,
        "areas": (strip(3.0, AreaKind.DRIVABLE), strip(4.0, AreaKind.SHOULDER)), **changes,
    }  # fmt: skip
    return RoadNetwork(**values)


def point(along: float, left: float, angle: float = 0.3) -> tuple[float, float]:
    return (
        along * np.cos(angle) - left * np.sin(angle),
        along * np.sin(angle) + left * np.cos(angle),
    )


def semantic(picture: GroundPicture, along: float, left: float, level: int = 0) -> int:
    return int(PALETTE[material_at_point(picture, *point(along, left), level), 3])


def luma(picture: GroundPicture, place: tuple[float, float], size: float = 0.5) -> float:
    offsets = np.linspace(-size / 2, size / 2, 6)
    return float(
        np.mean(
            [LIGHTNESS[material_at_point(picture, place[0] + dx, place[1] + dy)] for dx in offsets for dy in offsets]
        )
    )


@pytest.fixture(scope="module")
def picture() -> GroundPicture:
    return draw_ground(straight())


@pytest.mark.parametrize(
    ("left", "expected"),
    [
        pytest.param(0.0, Semantic.ROAD, id="lane-centre"),
        pytest.param(2.0, Semantic.ROAD_LINE, id="left-edge-line"),
        pytest.param(-2.0, Semantic.ROAD_LINE, id="right-edge-line"),
        pytest.param(2.6, Semantic.ROAD, id="verge-of-asphalt"),
        pytest.param(3.5, Semantic.GROUND, id="gravel-shoulder"),
        pytest.param(-3.6, Semantic.GROUND, id="gravel-shoulder-right"),
        pytest.param(6.0, Semantic.TERRAIN, id="grass-verge"),
        pytest.param(30.0, Semantic.TERRAIN, id="field"),
        pytest.param(-150.0, Semantic.TERRAIN, id="far-field"),
        pytest.param(900.0, Semantic.TERRAIN, id="outside"),
    ],
)
def test_class_across_the_road(picture, left, expected):
    found = [semantic(picture, along, left) for along in np.arange(20.0, 180.0, 3.3)]
    assert set(found) == {expected}


def test_dashes_lie_where_their_length_and_gap_put_them(picture):
    # Half a gap of 8 m, then 4 m of paint, then a gap.
    for dash in range(3, 12):
        begin = 4.0 + 12.0 * dash
        assert semantic(picture, begin + 0.3, -1.0) == Semantic.ROAD_LINE
        assert semantic(picture, begin + 3.7, -1.0) == Semantic.ROAD_LINE
        assert semantic(picture, begin - 0.3, -1.0) == Semantic.ROAD
        assert semantic(picture, begin + 4.3, -1.0) == Semantic.ROAD
        assert MATERIAL_OF[material_at_point(picture, *point(begin + 2.0, -1.0))] == Material.YELLOW_PAINT


def test_edge_lines_can_be_followed_on_every_level_that_shows_them(picture):
    for level in range(LEVEL_COUNT - 1):
        texel = 0.1 * 2**level
        for along in np.arange(30.0, 170.0, 0.7 * texel):
            x, y = point(along, 2.0)
            around = [(x + i * texel, y + j * texel) for i in (-1, 0, 1) for j in (-1, 0, 1)]
            painted = [PALETTE[material_at_point(picture, *at, level), 3] == Semantic.ROAD_LINE for at in around]
            assert 2 <= sum(painted) <= 7, (level, along)


def test_white_lines_stand_out_from_the_asphalt(picture):
    line = [LIGHTNESS[material_at_point(picture, *point(along, 2.0))] for along in np.arange(20.0, 180.0, 0.7)]
    asphalt = [LIGHTNESS[material_at_point(picture, *point(along, 0.0))] for along in np.arange(20.0, 180.0, 0.7)]
    assert np.median(line) > 190
    assert 70 < np.median(asphalt) < 130


def test_fine_tiles_lie_along_the_road_only(picture):
    for level, reach in enumerate((1.6, 4.0, 12.0, 32.0, 80.0)):
        side = 6.4 * 2**level
        rows, columns = np.nonzero(picture.directory[level] >= 0)
        x = picture.origin[0] + (columns + 0.5) * side
        y = picture.origin[1] + (rows + 0.5) * side
        away = np.abs(y * np.cos(0.3) - x * np.sin(0.3)) - 4.0
        assert away.max() < reach + 0.75 * side + 3.0
    assert 0.005 < (picture.directory[0] >= 0).mean() < 0.03
    assert len(picture.texel) < 500


def test_asphalt_and_its_border_have_the_finest_texels(picture):
    for along in np.arange(0.0, LENGTH_M, 1.7):
        for left in (-4.5, -3.0, 0.0, 3.0, 4.5):
            x, y = point(along, left)
            tile = int((y - picture.origin[1]) // 6.4), int((x - picture.origin[0]) // 6.4)
            assert picture.directory[0][tile] >= 0


def test_equal_networks_give_equal_bytes_also_from_threads(picture):
    drawn = []
    workers = [threading.Thread(target=lambda: drawn.append(draw_ground(straight()))) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    for other in drawn:
        assert (other.texel == picture.texel).all()
        assert all((a == b).all() for a, b in zip(other.directory, picture.directory, strict=True))


def test_another_seed_gives_another_texture_but_the_same_classes(picture):
    other = draw_ground(straight(seed=2))
    assert (other.texel != picture.texel).mean() > 0.5
    for along in np.arange(20.0, 180.0, 9.7):
        for left in (-3.5, -2.0, 0.0, 2.0, 3.5, 8.0):
            assert semantic(other, along, left) == semantic(picture, along, left)


def test_a_building_darkens_the_side_away_from_the_sun():
    east = 0.0
    hall = Scenery(kind=SceneryKind.BUILDING, x=100.0, y=40.0, length=10.0, width=10.0, height=8.0)
    lit = draw_ground(straight(angle=0.0))
    shaded = draw_ground(straight(angle=0.0, scenery=(hall,), sun_azimuth=east, sun_elevation=np.pi / 4))
    # The shadow of an 8 m wall at 45 degrees reaches 8 m west of the building's west wall.
    assert luma(shaded, (89.0, 40.0)) < 0.65 * luma(lit, (89.0, 40.0))
    assert luma(shaded, (84.0, 40.0)) > 0.8 * luma(lit, (84.0, 40.0))
    assert luma(shaded, (115.0, 40.0)) > 0.8 * luma(lit, (115.0, 40.0))


def test_shadows_change_no_class_on_the_road():
    wall = Scenery(kind=SceneryKind.WALL, x=100.0, y=6.0, length=60.0, width=0.3, height=5.0)
    lit = draw_ground(straight(angle=0.0))
    shaded = draw_ground(straight(angle=0.0, scenery=(wall,), sun_azimuth=np.pi / 2, sun_elevation=0.6))
    for x in np.arange(80.0, 120.0, 0.9):
        for y in (-2.0, 0.0, 2.0, 3.5):
            a, b = (material_at_point(one, x, y) for one in (lit, shaded))
            assert PALETTE[a, 3] == PALETTE[b, 3]
    assert luma(shaded, (100.0, 0.5)) < 0.65 * luma(lit, (100.0, 0.5))


@pytest.mark.parametrize("angle_deg", [0.0, 13.0, 45.0, 71.0, 90.0])
def test_paint_covers_the_area_that_lines_have(angle_deg):
    direction = np.array([np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))])
    ends = np.array([25.6, 25.6]) + np.linspace(-10.0, 10.0, 21)[:, None] * direction
    line = Marking(points=ends, type=MarkingType.SOLID, width_m=0.15)
    cover = np.zeros((64, 4096), np.uint16)
    cover_strokes(strokes_of([line], []), 0.0, 0.0, np.arange(64, dtype=np.int32).reshape(8, 8), cover)
    assert (cover & (COVER_YELLOW - 1)).sum() / COVER_FULL * 0.01 == pytest.approx(20.0 * 0.15, rel=0.02)


def test_double_lines_are_two_lines_apart():
    line = Marking(points=np.array([[0.0, 0.0], [10.0, 0.0]]), type=MarkingType.SOLID_SOLID, width_m=0.12)
    rows = strokes_of([line], [])
    assert sorted(rows[:, 1].tolist()) == pytest.approx([-0.12, 0.12])
    assert (rows[:, 4] == 0.12).all()


def test_a_half_broken_line_is_solid_on_its_named_side():
    line = Marking(points=np.array([[0.0, 0.0], [48.0, 0.0]]), type=MarkingType.SOLID_BROKEN)
    rows = strokes_of([line], [])
    length = np.hypot(rows[:, 2] - rows[:, 0], rows[:, 3] - rows[:, 1])
    assert length[rows[:, 1] > 0.0].sum() == pytest.approx(48.0)
    assert length[rows[:, 1] < 0.0].sum() == pytest.approx(16.0)


def test_a_crosswalk_is_striped_along_the_road():
    crossing = Area(polygon=np.array([[0.0, 0.0], [4.0, 0.0], [4.0, 8.0], [0.0, 8.0]]), kind=AreaKind.CROSSWALK)
    rows = strokes_of([], [crossing])
    assert len(rows) == 8
    assert np.abs(rows[:, 2] - rows[:, 0]) == pytest.approx(4.0)
    assert (rows[:, 1] == rows[:, 3]).all()


def test_convex_fill_equals_a_point_in_polygon_test():
    rng = np.random.default_rng(2)
    tower = [Scenery(kind=SceneryKind.BUILDING, x=6.0, y=5.0, yaw=0.4, length=3.0, width=2.0, height=4.0)]
    tree = [Scenery(kind=SceneryKind.CONIFER, x=9.0, y=9.0, length=3.0, width=3.0, height=5.0)]
    for scenery in (tower, tree):
        shapes = shadow_polygons(scenery, float(rng.uniform(-3, 3)), 0.8)
        canvas = np.zeros((75, 80), np.uint8)
        fill_convex(canvas, *shapes, 0.0, 0.0, 0.2)
        assert canvas.any()
        for row in range(0, 75, 2):
            for column in range(0, 80, 2):
                x, y = (column + 0.5) * 0.2, (row + 0.5) * 0.2
                inside = max(-clearance(x, y, outline) for outline in shapes.corner)
                if abs(inside) > 1e-6:
                    assert (canvas[row, column] > 0) == (inside > 0.0)


def test_of_overlapping_shapes_the_greater_value_stays():
    square = np.array([[0.0, 0.0], [2.0, 0.0], [2.0, 2.0]] + [[0.0, 2.0]] * (CORNERS - 3))
    canvas = np.zeros((20, 20), np.uint8)
    fill_convex(canvas, *polygons_of(np.stack([square, square + 0.5]), np.array([200, 90])), 0.0, 0.0, 0.2)
    assert canvas[5, 5] == 200 and canvas[11, 11] == 90 and canvas[15, 15] == 0


def test_bands_reach_half_their_width_and_fade_beyond_their_core():
    canvas = np.full((40, 60), 128, np.uint8)
    line = np.stack([np.linspace(1.0, 5.0, 50), np.full(50, 2.0)], axis=1)
    fill_bands(canvas, bands_of([line]), 0.6, 0.2, 100, 0.0, 0.0, 0.1)
    column = canvas[:, 30].astype(int)
    assert (column[[19, 20]] == 100).all()
    assert (column[[13, 26]] == 128).all()
    assert (np.diff(column[20:27]) >= 0).all() and 100 < column[24] < 128


def test_bands_of_long_lines_have_no_gap_between_runs():
    canvas = np.zeros((20, 400), np.uint8)
    line = np.stack([np.linspace(1.0, 39.0, 200), np.full(200, 1.0)], axis=1)
    fill_bands(canvas, bands_of([line]), 0.3, 0.3, 1, 0.0, 0.0, 0.1)
    assert (canvas[10, 10:390] == 1).all()


def test_a_network_without_lanes_is_refused():
    with pytest.raises(MapError, match="without lanes"):
        draw_ground(straight(lanes=(), markings=(), areas=()))


def test_a_network_without_areas_is_all_terrain():
    drawn = draw_ground(straight(areas=(), markings=()))
    assert set(PALETTE[drawn.texel.ravel(), 3]) == {Semantic.TERRAIN}
    assert (drawn.directory[0] < 0).all()


def test_a_network_too_wide_to_draw_is_refused():
    network = straight()
    far = dataclasses.replace(network.lanes[0], points=network.lanes[0].points + 30_000.0)
    with pytest.raises(MapError, match="can be drawn"):
        draw_ground(straight(lanes=(network.lanes[0], far)))


@pytest.mark.parametrize("generator", ["country_road", "highway"])
@pytest.mark.parametrize("seed", [3, 11])
def test_generated_lanes_are_drawn_as_road(generator, seed):
    network = build_network(MapConfig(generator=generator), seed)
    drawn = draw_ground(network)
    found = []
    for lane in network.lanes:
        for x, y in lane.points[2:-2:7]:
            found.append(PALETTE[material_at_point(drawn, x, y), 3])
    found = np.array(found)
    assert np.isin(found, (Semantic.ROAD, Semantic.ROAD_LINE)).all()
    assert (found == Semantic.ROAD).mean() > 0.9
