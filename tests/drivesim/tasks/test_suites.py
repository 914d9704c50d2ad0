import dataclasses

import pytest

from drivesim.errors import ConfigError
from drivesim.tasks.suites import HELD_OUT_START, SELECTION_START, SUITES


@pytest.mark.parametrize("changes", [
    {"first_road": 0},
    {"first_road": HELD_OUT_START - 1},
    {"road_count": SELECTION_START - HELD_OUT_START + 1},
    {"first_road": SELECTION_START - 1, "road_count": 2},
])  # fmt: skip
def test_a_suite_that_mixes_kinds_of_roads_is_refused(changes):
    with pytest.raises(ConfigError, match=r"Suite\.first_road, road_count: roads"):
        dataclasses.replace(SUITES["lane"], **changes)


def test_a_suite_may_fill_its_range_and_selection_has_its_own():
    dataclasses.replace(SUITES["lane"], road_count=SELECTION_START - HELD_OUT_START)
    dataclasses.replace(SUITES["lane"], first_road=SELECTION_START, road_count=10)
