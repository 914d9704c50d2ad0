"""Which lane of a way in leads where."""

import itertools

import pytest

from drivesim.maps.control import Turn
from drivesim.maps.procedural.town.ways import lane_pairs


def test_lanes_keep_to_their_turns():
    # Three lanes in, two on straight on, one on either side: the outer ones turn, the middle goes on.
    pairs = lane_pairs(3, {Turn.STRAIGHT: 2, Turn.LEFT: 1, Turn.RIGHT: 1})
    assert (0, Turn.LEFT, 0) in pairs
    assert (2, Turn.RIGHT, 0) in pairs
    assert {lane for lane, turn, _ in pairs if turn == Turn.STRAIGHT} <= {1, 2}
    assert sorted(lane_pairs(1, {Turn.LEFT: 1, Turn.RIGHT: 2})) == [(0, Turn.LEFT, 0), (0, Turn.RIGHT, 1)]


def test_lanes_for_turning_lead_nowhere_else_and_nobody_else_turns():
    exits = {Turn.STRAIGHT: 1, Turn.LEFT: 1, Turn.RIGHT: 2}
    assert lane_pairs(2, exits, has_right=True)[-1] == (1, Turn.RIGHT, 1)
    pairs = lane_pairs(3, exits, has_pocket=True, has_right=True)
    assert sorted(pairs) == [(0, Turn.LEFT, 0), (1, Turn.STRAIGHT, 0), (2, Turn.RIGHT, 1)]


@pytest.mark.parametrize(("lanes", "straight_on", "left", "right"), [*itertools.product((1, 2, 3), repeat=4)])
def test_every_lane_leads_on_and_ways_straight_on_do_not_cross(lanes, straight_on, left, right):
    pairs = lane_pairs(lanes, {Turn.STRAIGHT: straight_on, Turn.LEFT: left, Turn.RIGHT: right})
    assert {lane for lane, *_ in pairs} == set(range(lanes))
    outs = [out for _, turn, out in sorted(pairs) if turn == Turn.STRAIGHT]
    assert outs == sorted(outs)
    assert all(0 <= out < {Turn.STRAIGHT: straight_on, Turn.LEFT: left, Turn.RIGHT: right}[t] for _, t, out in pairs)
