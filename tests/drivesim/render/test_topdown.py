import numpy as np
import pytest

from drivesim.render.moment import moment_of
from drivesim.render.topdown import (
    EXPERT_COLOR,
    NETWORK_COLOR,
    ROUTE_COLOR,
    Layers,
    SceneRenderer,
    TopDownView,
    shadow_outline,
)
from drivesim.render.vehicles import EGO_PAINT
from drivesim.render.view import View
from drivesim.state import ActorKind, EndReason, Lamp, allocate_state

BARE = Layers(route=False, expert_plan=False, network_plan=False)
NORTH_UP = View(x=50.0, y=0.0, zoom=12.0, size=(480, 320))


@pytest.fixture(scope="module")
def topdown(bank) -> TopDownView:
    return TopDownView(bank)


def draw(topdown, state, view=NORTH_UP, **how) -> np.ndarray:
    frame = np.zeros((view.size[1], view.size[0], 4), np.uint8)
    topdown.draw(frame, view, moment_of(state, 0), **{"layers": BARE, **how})
    return frame[..., :3].astype(int)


def near(frame: np.ndarray, color, tolerance: int = 60) -> np.ndarray:
    return np.abs(frame - np.array(color)).sum(axis=-1) < tolerance


def test_the_ego_is_drawn_around_its_middle_and_as_long_as_it_is(topdown, state):
    # Rear axle at x = 50 m, rear bumper 1 m behind it, 4.5 m long: from x = 49 to 53.5, that is from column
    # 240 - 12 to 240 + 42; half a width of 0.9 m is 10.8 rows around row 160.
    orange = near(draw(topdown, state), EGO_PAINT, 90)
    rows, columns = np.nonzero(orange)
    assert rows.mean() == pytest.approx(160.0, abs=1.5)
    assert 226 <= np.percentile(columns, 2) <= 236
    assert 275 <= np.percentile(columns, 98) <= 284
    assert np.percentile(rows, 98) - np.percentile(rows, 2) == pytest.approx(20.0, abs=4.0)


def test_a_car_that_heads_north_is_drawn_upright(topdown, state, place):
    place(state, 0, 50.0, 0.0, np.pi / 2)
    rows, columns = np.nonzero(near(draw(topdown, state), EGO_PAINT, 90))
    assert np.ptp(rows) > 1.8 * np.ptp(columns)
    assert rows.mean() < 160.0


def test_a_pixel_of_the_brake_lamp_is_red_only_while_it_is_lit(topdown, state, place):
    place(state, 1, 40.0, 0.0, look=0)
    # Rear bumper at x = 39 m, the lamps at its corners 0.6 m off the middle: column 240 - 132, rows 160 -+ 7.
    rest = draw(topdown, state)[152:155, 108:111]
    state.actors.lamps[0, 1] = Lamp.BRAKE
    lit = draw(topdown, state)[152:155, 108:111]
    assert lit[..., 0].max() > 235
    assert lit[..., 1].min() < 80
    assert rest[..., 0].max() < 200


def test_indicators_flash(topdown, state, place):
    place(state, 1, 40.0, 0.0, lamps=Lamp.LEFT)
    amber = []
    for tick in range(14):
        state.worlds.tick[0] = tick
        amber.append(bool(near(draw(topdown, state), (255, 200, 90), 120)[130:156, 100:170].any()))
    assert any(amber)
    assert not all(amber)


def test_empty_slots_draw_nothing(topdown, state, place):
    before = draw(topdown, state)
    place(state, 2, 40.0, 0.0, kind=ActorKind.NONE)
    assert np.array_equal(draw(topdown, state), before)


@pytest.mark.parametrize("kind", [kind for kind in ActorKind if kind != ActorKind.NONE], ids=lambda kind: kind.name)
def test_every_kind_of_road_user_shows(topdown, state, place, kind):
    before = draw(topdown, state)
    place(state, 1, 40.0, 0.0, kind=kind, length=4.0, width=1.7, height=2.0)
    changed = np.abs(draw(topdown, state) - before).sum(axis=-1) > 30
    assert changed.sum() > 400


def test_the_route_ribbon_lies_ahead_of_the_car(topdown, state):
    bare, blue = draw(topdown, state), draw(topdown, state, layers=Layers(expert_plan=False))
    rows, columns = np.nonzero(np.abs(blue - bare).sum(axis=-1) > 40)
    assert columns.min() >= 230
    assert columns.max() > 450
    assert rows.mean() == pytest.approx(160.0, abs=2.0)
    towards = np.array(ROUTE_COLOR) - bare[160, 400]
    assert ((blue[160, 400] - bare[160, 400]) * np.sign(towards) >= 0).all()


def test_the_two_plans_have_marks_of_their_own_at_their_way_points(topdown, state):
    network = np.array([(55.0, 3.0), (60.0, 3.0), (65.0, 3.0)])
    frame = draw(topdown, state, layers=Layers(route=False), network_plan=network)
    # Expert: rings around (55, 0) + ...; network: discs at y = 3 m, 36 rows higher.
    assert near(frame[124 - 2 : 124 + 3, 300 - 2 : 300 + 3], NETWORK_COLOR, 30).all()
    ring = near(frame[160 - 10 : 160 + 10, 300 - 10 : 300 + 10], EXPERT_COLOR, 90)
    assert 20 < ring.sum() < 330


def test_a_failed_drive_turns_the_halo_red(topdown, state):
    state.episode.end[0, 0] = EndReason.COLLISION
    state.episode.hit[0, 0] = -2
    halo = draw(topdown, state)[160 - 13 : 160 - 11, 250:275]
    assert (halo[..., 0] > 1.6 * halo[..., 1]).all()


def test_shadows_fall_away_from_the_sun():
    square = np.array([(1.0, 1.0), (-1.0, 1.0), (-1.0, -1.0), (1.0, -1.0)])
    outline = shadow_outline(square, np.array([3.0, 0.0]))
    assert outline[:, 0].max() == pytest.approx(4.0)
    assert outline[:, 0].min() == pytest.approx(-1.0)


def test_the_renderer_answers_with_equal_pictures_for_equal_states(bank, state):
    first = SceneRenderer(bank, (320, 240)).frame(state, 0)
    renderer = SceneRenderer(bank, (320, 240))
    renderer.frame(state, 0)
    again = renderer.frame(state, 0)
    assert first.shape == (240, 320, 3)
    assert first.dtype == np.uint8
    assert np.array_equal(first, again)
    first[:] = 0
    assert renderer.frame(state, 0).any()


def test_the_renderer_shows_the_world_it_is_asked_for_and_changes_none(bank, place):
    batch = allocate_state(world=2, slot=2)
    place(batch, 0, 50.0, 0.0, world=0)
    place(batch, 0, 120.0, 0.0, world=1)
    before = [array.copy() for group in batch for array in group]
    renderer = SceneRenderer(bank, (320, 240))
    assert not np.array_equal(renderer.frame(batch, 0), renderer.frame(batch, 1))
    for array, kept in zip((array for group in batch for array in group), before, strict=True):
        assert np.array_equal(array, kept)
    with pytest.raises(IndexError, match="world_index"):
        renderer.frame(batch, 2)
