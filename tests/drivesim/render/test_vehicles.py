import numpy as np
import pytest

from drivesim.render.vehicles import EGO_PAINT, body_sprite, lamp_sprite, paint_of
from drivesim.state import ActorKind, Lamp

KINDS = [kind for kind in ActorKind if kind != ActorKind.NONE]


def half(sprite, end: str) -> np.ndarray:
    """The rear or front third of a sprite's body, as straight RGBA rows of pixels."""
    picture = sprite.levels[0].astype(int)
    middle, reach = picture.shape[1] // 2, int(sprite.length * sprite.density / 2)
    columns = (
        slice(middle - reach, middle - reach // 2) if end == "rear" else slice(middle + reach // 2, middle + reach)
    )
    return picture[:, columns].reshape(-1, 4)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_body_fills_its_size_and_nothing_far_outside(kind):
    sprite = body_sprite(kind, 3, False)
    alpha = sprite.levels[0][..., 3]
    rows, columns = np.nonzero(alpha > 128)
    assert np.ptp(columns) / sprite.density == pytest.approx(sprite.length, abs=0.12)
    # Mirrors and handle bars stand out a little.
    assert sprite.width - 0.1 <= np.ptp(rows) / sprite.density <= sprite.width + 0.6


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_left_and_right_mirror_each_other(kind):
    alpha = body_sprite(kind, 3, False).levels[0][..., 3].astype(int)
    assert np.abs(alpha - alpha[::-1]).mean() < 2.0


def test_tail_lamps_are_red_and_behind_head_lamps_white_and_in_front():
    sprite = body_sprite(ActorKind.CAR, 7, False)
    rear, front = half(sprite, "rear"), half(sprite, "front")
    reds = [int(((pixels[:, 0] > 90) & (pixels[:, 1] < 40)).sum()) for pixels in (rear, front)]
    whites = [int((pixels[:, :3].min(axis=1) > 205).sum()) for pixels in (rear, front)]
    assert reds[0] > 50 > reds[1]
    assert whites[1] > 50 > whites[0]


def test_the_brake_lamps_glow_at_the_rear_only():
    sprite = lamp_sprite(ActorKind.CAR, Lamp.BRAKE)
    rear, front = half(sprite, "rear"), half(sprite, "front")
    assert rear[:, 0].max() == 255
    assert front.max() == 0


def test_lights_shine_ahead_and_are_red_behind():
    sprite = lamp_sprite(ActorKind.CAR, Lamp.LIGHTS)
    rear, front = half(sprite, "rear"), half(sprite, "front")
    assert front[:, :3].min(axis=1).max() > 180
    assert rear[:, 0].max() > 180 and rear[:, 1:3].max() < 60


@pytest.mark.parametrize(("lamp", "lit_half"), [(Lamp.LEFT, 0), (Lamp.RIGHT, 1)])
def test_an_indicator_lights_its_own_side(lamp, lit_half):
    picture = lamp_sprite(ActorKind.CAR, lamp).levels[0].astype(int)
    halves = picture[: len(picture) // 2].sum(), picture[len(picture) // 2 :].sum()
    assert halves[lit_half] > 50 * (halves[1 - lit_half] + 1)


def test_paint_follows_look_and_the_ego_has_its_own():
    roof = {look: tuple(body_sprite(ActorKind.VAN, look, False).levels[3][8, 20, :3]) for look in range(4)}
    assert len(set(roof.values())) == 4
    ego = body_sprite(ActorKind.CAR, 0, True).levels[0]
    middle = ego[ego.shape[0] // 2, ego.shape[1] // 2 - 20, :3]
    assert np.abs(middle.astype(int) - EGO_PAINT).max() < 30
    assert paint_of(ActorKind.CAR, 0) == paint_of(ActorKind.CAR, 12)


def test_a_coarser_level_shows_the_same_body():
    sprite = body_sprite(ActorKind.TRUCK, 1, False)
    share = [level[..., 3].mean() for level in sprite.levels]
    assert share == pytest.approx([share[0]] * len(share), rel=0.02)
    picture, density = sprite.at(9.0)
    assert density >= 9.0 * 0.85
    assert picture is sprite.at(9.0)[0]
