"""Mirror images: where they stand, how they move, how often they are there."""

import math

import numpy as np
import pytest

from drivesim.config import FaultConfig
from drivesim.maps.network import Scenery, SceneryKind
from tests.reference.radar import (
    AZIMUTH,
    GROUND,
    RANGE,
    RCS,
    SNR,
    VELOCITY,
    frames_of,
    many_frames,
    person,
    quiet,
    repeated,
)
from tests.reference.views import maps_of, put


def rail(yaw=0.0, **changes):
    values = {"x": 20.0, "y": 5.15, "length": 30.0, "width": 0.3, "height": 0.75, **changes}
    return Scenery(kind=SceneryKind.GUARD_RAIL, yaw=yaw, **values)


def behind(frames, y):
    """Detections beyond the line y, all frames together."""
    rows = np.concatenate(frames)
    return rows[rows[:, RANGE] * np.sin(rows[:, AZIMUTH]) > y]


EXACT = {"range_accuracy_m": 0.0, "azimuth_accuracy_deg": 0.0, "velocity_accuracy_mps": 0.0}


def ghosts_of(state_of, maps, worlds=40, ticks=2, **changes):
    config = quiet(**{**EXACT, "ghost_share": 1.0, **changes})
    return behind(list(many_frames(config, state_of, maps=maps, worlds=worlds, ticks=ticks)), 6.0)


def test_a_mirror_image_stands_as_far_behind_the_rail_as_the_road_user_before_it():
    # The rail's surface is the line y = 5. Someone at (30, 1) has the image (30, 9).
    def still(state, world):
        person(state, world, 1, 30.0)
        state.actors.y[world, 1] = 1.0

    image = ghosts_of(still, maps_of(scenery=[rail()]))
    assert len(image) > 40
    # The point that answers is the one nearest to the radar's own image: a corner of the person.
    assert (image[:, RANGE] * np.cos(image[:, AZIMUTH])) == pytest.approx(30.0, abs=1e-3)
    assert (image[:, RANGE] * np.sin(image[:, AZIMUTH])) == pytest.approx(10.0 - 1.25, abs=1e-3)
    assert image[:, GROUND] == pytest.approx(0.0, abs=1e-4)


def test_a_mirror_image_moves_as_a_mirror_shows_it():
    # v = (10, 2) is mirrored to (10, -2); the radar drives ahead at 4 m/s.
    def crossing(state, world):
        person(state, world, 1, 30.0)
        state.actors.y[world, 1], state.actors.yaw[world, 1] = 1.0, math.atan2(2.0, 10.0)
        state.actors.speed[world, :2] = 4.0, math.hypot(10.0, 2.0)

    image = ghosts_of(crossing, maps_of(scenery=[rail()]))
    cos, sin = np.cos(image[:, AZIMUTH]), np.sin(image[:, AZIMUTH])
    assert image[:, VELOCITY] == pytest.approx(6.0 * cos - 2.0 * sin, abs=1e-3)
    assert image[:, GROUND] == pytest.approx(10.0 * cos - 2.0 * sin, abs=1e-3)


def test_a_slanting_rail_mirrors_across_its_own_line():
    # The surface is the line x + y = 20 less the half width: its normal towards the radar is -(1, 1) / sqrt 2.
    mirror = rail(x=10.0, y=10.0, yaw=-math.pi / 4)

    def standing(state, world):
        person(state, world, 1, 9.0)

    config = quiet(**EXACT, ghost_share=1.0)
    rows = np.concatenate(list(many_frames(config, standing, maps=maps_of(scenery=[mirror]), worlds=40, ticks=2)))
    x, y = rows[:, RANGE] * np.cos(rows[:, AZIMUTH]), rows[:, RANGE] * np.sin(rows[:, AZIMUTH])
    # A corner at (9.4, 0.25) is nearest to the radar's image, which is towards (20, 20).
    gap = (20.0 - 9.4 - 0.25) / math.sqrt(2.0) - 0.15
    image = (9.4 + math.sqrt(2.0) * gap, 0.25 + math.sqrt(2.0) * gap)
    assert (np.hypot(x - image[0], y - image[1]) < 1e-2).sum() > 40


def test_a_rail_that_ends_before_the_way_there_or_lies_beyond_the_road_user_mirrors_nothing():
    def standing(state, world):
        person(state, world, 1, 30.0)

    # The way to the image (30, 10) crosses the surface at (15, 5).
    assert len(ghosts_of(standing, maps_of(scenery=[rail(x=15.0, length=4.0)]))) > 0
    assert len(ghosts_of(standing, maps_of(scenery=[rail(x=20.0, length=4.0)]))) == 0

    def beyond(state, world):
        person(state, world, 1, 30.0)
        state.actors.y[world, 1] = 7.0

    config = quiet(**EXACT, ghost_share=1.0)
    rows = np.concatenate(list(many_frames(config, beyond, maps=maps_of(scenery=[rail()]), worlds=20, ticks=2)))
    moving = rows[np.abs(rows[:, RANGE] - math.hypot(30.0, 6.75)) > 0.5]
    assert (moving[:, RANGE] * np.sin(moving[:, AZIMUTH]) > 4.9).all()
    assert (moving[:, RANGE] * np.sin(moving[:, AZIMUTH]) < 5.1).all(), "only the rail itself"


def test_a_mirror_image_is_as_much_weaker_as_both_reflections_lose():
    def standing(state, world):
        person(state, world, 1, 30.0)

    maps = maps_of(scenery=[rail()])
    strong, weak = (ghosts_of(standing, maps, ghost_loss_db=loss, worlds=250, ticks=8) for loss in (0.0, 6.0))
    power = [np.mean(10.0 ** (0.1 * rows[:, SNR])) for rows in (strong, weak)]
    assert 10.0 * math.log10(power[0] / power[1]) == pytest.approx(6.0, abs=0.4)
    # The whole way is the longer one, and no cross section is told that it does not have.
    assert np.mean(10.0 ** (0.1 * strong[:, RCS])) == pytest.approx(10.0**-0.4, rel=0.1)


@pytest.mark.parametrize("share", [0.02, 0.3])
def test_the_share_of_road_users_with_a_mirror_image_is_that_of_the_config(share):
    def standing(state, world):
        person(state, world, 1, 20.0)

    image = ghosts_of(standing, maps_of(scenery=[rail()]), worlds=250, ticks=40, ghost_share=share, ghost_loss_db=0.0)
    assert len(image) / 10_000 == pytest.approx(share, abs=4.0 * math.sqrt(share / 10_000) + 0.03 * share)


@pytest.mark.parametrize(("severity", "share"), [(1, 0.1), (3, 0.4), (5, 1.0)])
def test_the_fault_ghosts_makes_more_of_them(severity, share):
    def standing(state, world):
        person(state, world, 1, 20.0)

    image = ghosts_of(
        standing, maps_of(scenery=[rail()]), worlds=250, ticks=8, ghost_share=0.02, ghost_loss_db=0.0,
        faults=(FaultConfig(kind="ghosts", severity=severity),),
    )  # fmt: skip
    assert len(image) / 2000 == pytest.approx(share, abs=4.0 * math.sqrt(share / 2000) + 0.03 * share)


def test_truth_has_no_mirror_images():
    def driving(state, world):
        put(state, world, 1, 30.0, 0.0)

    config = quiet(ghost_share=1.0)
    (state,) = repeated(driving, 3, 1)
    for rows in frames_of(config, state, maps_of(scenery=[rail()]), until="truth"):
        assert (rows[:, RANGE] * np.sin(rows[:, AZIMUTH]) < 5.1).all()
