"""Roundabouts by hand, and in towns: nobody goes round one for ever."""

from itertools import pairwise

import numpy as np
import pytest
from numba import njit

from drivesim.config import MapConfig
from drivesim.kernels.views import view
from drivesim.maps import path
from drivesim.maps.bank import MapBank
from drivesim.maps.circles import CIRCLE_MAX_M, FORKS_MAX, SLOTS_MAX, circles_of
from drivesim.maps.procedural import build_network

EXITS = 4


def ring(part_m: float):
    """Lengths and successors of a ring: at lane 2 k one goes on to lane 2 k + 1 or out by lane 2 EXITS + k."""
    successors = []
    for k in range(EXITS):
        successors += [
            (2 * EXITS + k, 2 * k + 1) if k % 2 else (2 * k + 1, 2 * EXITS + k),
            (2 * (k + 1) % (2 * EXITS),),
        ]
    return np.full(3 * EXITS, 0.5 * part_m), [*successors, *[()] * EXITS]


@njit
def lanes_taken(maps, key, user, lane, out):
    """The lanes that a user takes from `lane` on, as many as `out` holds; -1 behind an end."""
    for step in range(len(out)):
        out[step] = lane
        if lane >= 0:
            lane = path.following(maps, path.Way(np.int32(-1), key, np.int64(user), np.int32(0), np.float32(4.5)), lane)


def test_the_forks_of_a_ring_know_their_place_and_their_way_on():
    codes = circles_of(*ring(20.0))
    forks = codes[: 2 * EXITS : 2]
    assert (codes[1 : 2 * EXITS : 2] == -1).all() and (codes[2 * EXITS :] == -1).all()
    assert (forks >= 0).all()
    assert sorted(forks // 8 // 16 % 16) == [0, 1, 2, 3]
    assert (forks // 8 % 16 == EXITS - 1).all()
    assert (forks % 8).tolist() == [0, 1, 0, 1]


def test_the_way_round_a_block_is_no_circle():
    assert (circles_of(*ring(CIRCLE_MAX_M / EXITS + 1.0)) == -1).all()
    assert (circles_of(*ring(CIRCLE_MAX_M / EXITS - 1.0)) >= 0).any()


@pytest.mark.parametrize("seed", [90_002, 200_031])
def test_who_enters_a_small_circle_of_a_town_leaves_it_before_the_lap_is_over(seed):
    network = build_network(MapConfig(generator="town", length_m=400.0), seed)
    bank = MapBank.bare([network])
    forks = np.flatnonzero(bank.arrays.lanes.circle[: len(network.lanes)] >= 0)
    out = np.zeros(40, np.int32)
    for lane in forks:
        ends = set()
        for user in range(60):
            lanes_taken(view(bank.arrays), np.uint64(3), user, np.int32(lane), out)
            stays = 0
            for at, after in pairwise(out.tolist()):
                code = int(bank.arrays.lanes.circle[at]) if at >= 0 else -1
                if code >= 0 and network.lanes[at].successors[code % SLOTS_MAX] != after:
                    break
                stays += code >= 0
            assert stays <= int(bank.arrays.lanes.circle[lane]) // SLOTS_MAX % FORKS_MAX
            ends.add(int(out[1]))
        assert len(ends) == len(network.lanes[lane].successors)
    assert forks.size > 0
