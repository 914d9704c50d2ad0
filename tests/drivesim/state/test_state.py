import typing

import numpy as np
import pytest

from drivesim.semantics import SEMANTIC_COLOR, Semantic
from drivesim.state import (
    CURVATURE_AHEAD_M,
    CURVATURE_COUNT,
    RewardTerm,
    WorldState,
    allocate_state,
)
from drivesim.state.columns import allocate, columns

GROUPS = tuple(typing.get_type_hints(WorldState).values())
SIZES = {
    "world": 3, "slot": 5, "driver": 2, "event": 7, "term": 8, "script": 1, "knot": 4, "asked": 6, "light": 2,
    "walker": 3, "user": 2, "bend": 3, "occasion": 2,
}  # fmt: skip


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.__name__)
def test_every_field_declares_its_array(group):
    assert list(columns(group)) == list(group._fields)


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.__name__)
def test_arrays_are_zeroed_with_the_declared_shape_and_type(group):
    arrays = allocate(group, SIZES)
    for name, declared in columns(group).items():
        array = getattr(arrays, name)
        assert array.shape[0] == 3, name
        assert array.shape == tuple(SIZES.get(dim, dim) for dim in declared.dims), name
        assert array.dtype == declared.dtype, name
        assert array.flags.c_contiguous, name
        assert not array.any(), name


def test_a_state_holds_every_group_and_shares_no_memory():
    state = allocate_state(world=2, slot=3)
    assert [type(group) for group in state] == list(GROUPS)
    for group in state:
        for array in group:
            array.fill(1)
    assert state.actors.x.shape == (2, 3)
    addresses = [array.ctypes.data for group in state for array in group]
    assert len(set(addresses)) == len(addresses)


def test_no_array_is_64_bit_but_the_random_keys():
    wide = {
        name for group in GROUPS for name, declared in columns(group).items() if np.dtype(declared.dtype).itemsize == 8
    }
    assert wide == {"seed", "key"}


def test_reward_has_a_column_for_every_term():
    assert [int(term) for term in RewardTerm] == list(range(allocate_state(world=1, slot=1).episode.reward.shape[2]))


def test_curvature_is_labelled_at_as_many_places_as_it_has_columns():
    assert len(CURVATURE_AHEAD_M) == CURVATURE_COUNT


def test_every_class_has_its_own_colour():
    assert SEMANTIC_COLOR.shape == (len(Semantic), 3)
    assert len({tuple(color) for color in SEMANTIC_COLOR}) == len(Semantic)
    assert [int(tag) for tag in Semantic] == list(range(len(Semantic)))
