import dataclasses
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit

from drivesim.errors import MapError
from drivesim.maps.arena import Arena, sizes_of
from drivesim.maps.arrays import LEVEL_COUNT, MapArrays
from drivesim.maps.ground import GroundPicture, ground_from_picture, material_at, pack_ground, texel_offset
from drivesim.maps.materials import LIGHTNESS, MATERIAL_OF, PALETTE, Material, shade
from drivesim.maps.mips import coarser, compose, layers_of
from drivesim.maps.network import Marking, MarkingType
from drivesim.maps.pack import pack_map
from drivesim.maps.strokes import cover_strokes, strokes_of
from drivesim.semantics import Semantic
from tests.reference.ground import material
from tests.reference.roads import country

ASPHALT = int(shade(Material.ASPHALT, 100.0))
WHITE = int(shade(Material.WHITE_PAINT, 225.0))
GRASS = int(shade(Material.GRASS, 95.0))


@njit
def texels(ground, map_index, level, ix, iy):
    out = np.empty(len(ix), np.uint8)
    for i in range(len(ix)):
        out[i] = material_at(ground, map_index, level, ix[i], iy[i])
    return out


@njit
def offsets():
    out = np.empty((64, 64), np.int64)
    for iy in range(64):
        for ix in range(64):
            out[iy, ix] = texel_offset(ix, iy)
    return out


def sparse_picture(seed: int, rows: int = 1, columns: int = 2) -> GroundPicture:
    """Random texels in a random half of the tiles."""
    rng = np.random.default_rng(seed)
    directory, first = [], 0
    for level in range(LEVEL_COUNT):
        scale = 2 ** (LEVEL_COUNT - 1 - level)
        wanted = rng.random((rows * scale, columns * scale)) < (0.5 if level < LEVEL_COUNT - 1 else 2.0)
        entries = np.full(wanted.shape, -1, np.int32)
        entries[wanted] = first + np.arange(wanted.sum())
        first += int(wanted.sum())
        directory.append(entries)
    texel = rng.integers(0, 256, (first, 4096), dtype=np.uint8)
    return GroundPicture(origin=(10.0 * seed, -5.0), directory=tuple(directory), texel=texel)


def classes(picture: np.ndarray) -> Counter:
    names, counts = np.unique(PALETTE[picture, 3], return_counts=True)
    return Counter({Semantic(name): int(count) for name, count in zip(names, counts, strict=True)})


def joined(pictures: list[GroundPicture]) -> MapArrays:
    """Pictures one after the other in one memory."""
    packed = [pack_map(country(), picture) for picture in pictures]
    arena = Arena(packed[0], {axis: sum(sizes_of(one)[axis] for one in packed) for axis in sizes_of(packed[0])})
    for one in packed:
        arena.add(one)
    return arena.arrays


def levels_of(picture: np.ndarray) -> list[np.ndarray]:
    base, cover = layers_of(picture)
    levels = [compose(base, cover, 0)]
    for level in range(1, LEVEL_COUNT):
        base, cover = coarser(base, cover)
        levels.append(compose(base, cover, level))
    return levels


def test_texel_offset_is_a_bijection():
    assert sorted(offsets().ravel().tolist()) == list(range(4096))


def test_eight_by_eight_texels_share_a_cache_line():
    lines = offsets() // 64
    for y in range(0, 64, 8):
        for x in range(0, 64, 8):
            assert len(np.unique(lines[y : y + 8, x : x + 8])) == 1


@settings(deadline=None, max_examples=12)
@given(seed=st.integers(0, 1000), level=st.integers(0, LEVEL_COUNT - 1))
def test_material_at_equals_the_reference_on_sparse_pictures(seed, level):
    pictures = [sparse_picture(seed, 2, 1), sparse_picture(seed + 1)]
    arrays = joined(pictures)
    ground, origins = arrays.ground, arrays.origin
    rng = np.random.default_rng(seed)
    side = 4096 >> level
    ix, iy = (rng.integers(-side // 8, side + side // 8, 300) for _ in range(2))
    for index, picture in enumerate(pictures):
        expected = [material(picture, level, int(x), int(y)) for x, y in zip(ix, iy, strict=True)]
        assert texels(ground, index, level, ix, iy).tolist() == expected
        assert origins[index].tolist() == list(picture.origin)


def test_outside_is_material_zero_on_every_side():
    ground = pack_ground(sparse_picture(3))
    edge = 2 * 2048
    ix, iy = np.array([-1, edge, 5, 5, -(10**6)]), np.array([5, 5, -1, 2048, 7])
    for level in range(LEVEL_COUNT):
        at = np.where(ix == edge, edge >> level, ix), np.where(iy == 2048, 2048 >> level, iy)
        assert texels(ground, 0, level, *at).tolist() == [0] * 5


def test_a_dense_picture_reads_back_texel_for_texel():
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 256, (130, 200), dtype=np.uint8)
    ground = pack_ground(ground_from_picture(picture, (3.0, 4.0)))
    iy, ix = np.mgrid[:130, :200]
    assert (texels(ground, 0, 0, ix.ravel(), iy.ravel()).reshape(130, 200) == picture).all()


def test_tiles_begin_on_cache_lines():
    assert joined([sparse_picture(1)]).ground.texel.ctypes.data % 64 == 0


@pytest.mark.parametrize("angle_deg", [0.0, 7.0, 26.0, 45.0, 90.0])
@pytest.mark.parametrize("shift", [0.0, 0.35, 0.77])
def test_a_thin_line_stays_unbroken_and_at_most_two_texels_wide(angle_deg, shift):
    middle = np.array([51.2 + shift, 51.2 + 0.6 * shift])
    direction = np.array([np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))])
    line = Marking(points=middle + np.linspace(-40.0, 40.0, 81)[:, None] * direction, type=MarkingType.SOLID)
    tiles = np.zeros((256, 4096), np.uint16)
    cover_strokes(strokes_of([line], []), 0.0, 0.0, np.arange(256, dtype=np.int32).reshape(16, 16), tiles)
    cover = tiles.reshape(16, 16, 8, 8, 8, 8).transpose(0, 2, 4, 1, 3, 5).reshape(1024, 1024)
    base = np.full(cover.shape, ASPHALT, np.uint8)
    for level in range(LEVEL_COUNT - 1):
        if level:
            base, cover = coarser(base, cover)
        painted = MATERIAL_OF[compose(base, cover, level)] == Material.WHITE_PAINT
        texel = 0.1 * 2**level
        steep = angle_deg > 45.0
        lines = painted if steep else painted.T
        along = slice(int(25.0 / texel), int(77.0 / texel))
        if angle_deg not in (0.0, 90.0):
            along = slice(int(30.0 / texel), int(72.0 / texel))
        across = lines[along].sum(axis=1)
        assert across.min() >= 1, level
        assert across.max() <= 3 if level == 0 else across.max() <= 2, level
        assert LIGHTNESS[compose(base, cover, level)][painted].min() > 100, level


def test_the_coarsest_level_shows_thin_lines_as_lighter_asphalt_only():
    picture = np.full((512, 512), ASPHALT, np.uint8)
    picture[:, 200] = WHITE
    coarsest = levels_of(picture)[-1]
    assert classes(coarsest) == {Semantic.ROAD: 256}
    assert LIGHTNESS[coarsest[3, 200 // 32]] > LIGHTNESS[coarsest[3, 0]]


def test_wide_paint_survives_to_the_coarsest_level():
    picture = np.full((512, 512), ASPHALT, np.uint8)
    picture[:, 192:202] = WHITE
    assert classes(levels_of(picture)[-1])[Semantic.ROAD_LINE] == 16


def test_the_road_between_two_lines_stays_road():
    picture = np.full((512, 512), ASPHALT, np.uint8)
    for column in (100, 135, 170):
        picture[:, column] = WHITE
    for level, coarse in enumerate(levels_of(picture)):
        row = PALETTE[coarse[1], 3]
        for first, last in ((100, 135), (135, 170)):
            between = row[(first >> level) + 1 : last >> level]
            assert (between == Semantic.ROAD).all()
            assert len(between) > 0 or level == LEVEL_COUNT - 1


def test_shares_of_large_areas_are_kept():
    rng = np.random.default_rng(4)
    patches = rng.choice([ASPHALT, GRASS, int(shade(Material.GRAVEL, 120.0))], (8, 8))
    picture = np.kron(patches, np.ones((64, 64), np.uint8)).astype(np.uint8)
    expected = {name: count / picture.size for name, count in classes(picture).items()}
    for coarse in levels_of(picture):
        assert {name: count / coarse.size for name, count in classes(coarse).items()} == pytest.approx(expected)


def test_noise_keeps_its_mean_light():
    rng = np.random.default_rng(5)
    picture = shade(Material.GRASS, rng.normal(95.0, 12.0, (256, 256)))
    light = np.sqrt((LIGHTNESS[picture].astype(float) ** 2).mean())
    for coarse in levels_of(picture):
        assert np.sqrt((LIGHTNESS[coarse].astype(float) ** 2).mean()) == pytest.approx(light, abs=2.0)


def test_three_of_four_children_outvote_the_fourth():
    picture = np.array([[ASPHALT, GRASS], [GRASS, GRASS]], np.uint8)
    base, _ = coarser(*layers_of(picture))
    assert MATERIAL_OF[base[0, 0]] == Material.GRASS


def test_a_hole_in_the_coarsest_level_is_refused():
    picture = sparse_picture(0)
    directory = (*picture.directory[:-1], np.full((1, 2), -1, np.int32))
    with pytest.raises(MapError, match="hole"):
        dataclasses.replace(picture, directory=directory)


def test_a_tile_number_beyond_the_last_is_refused():
    picture = sparse_picture(0)
    with pytest.raises(MapError, match="does not exist"):
        dataclasses.replace(picture, texel=picture.texel[:-1])


def test_a_picture_that_is_no_picture_is_refused():
    with pytest.raises(ValueError, match="picture"):
        ground_from_picture(np.zeros((4, 4)), (0.0, 0.0))
