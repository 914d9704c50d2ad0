import numpy as np
import pytest

from agents.heads import DEFAULT_GROUPS, ClassGroups
from drivesim.errors import ConfigError
from drivesim.semantics import Semantic


def test_every_carla_id_belongs_to_exactly_one_group():
    listed = [int(semantic) for ids in DEFAULT_GROUPS.values() for semantic in ids]
    assert sorted(listed) == [int(semantic) for semantic in Semantic]


def test_the_id_shown_for_a_group_belongs_to_it():
    classes = ClassGroups()
    groups = np.arange(len(classes), dtype=np.uint8)
    assert np.array_equal(classes.group_of(classes.semantic_of(groups)), groups)
    assert classes.names[int(classes.group_of(np.array(Semantic.GUARD_RAIL)))] == "structure"


def test_an_id_younger_than_the_groups_counts_as_a_structure_and_without_one_as_the_first():
    assert ClassGroups({"road": [1], "structure": [3]}).group_of(np.array([1, 3, 28, 200])).tolist() == [0, 1, 1, 1]
    assert ClassGroups({"road": [1], "sky": [11]}).group_of(np.array([11, 12])).tolist() == [1, 0]


@pytest.mark.parametrize(
    ("groups", "words"),
    [
        ({}, "1 to 256 names"),
        (["road"], "1 to 256 names"),
        ({"road": []}, "for 'road'"),
        ({"road": [300]}, "for 'road'"),
        ({"road": [1], "line": [1, 24]}, r"\[1\] belong to more than one group"),
    ],
)
def test_impossible_groups_are_refused(groups, words):
    with pytest.raises(ConfigError, match=words):
        ClassGroups(groups)
