import numpy as np
import pytest

from drivesim.config import EnvConfig, RewardConfig
from drivesim.maps.bank import MapBank
from drivesim.state import EndReason, RewardTerm
from drivesim.tasks.rewards import discomfort, reward_step
from tests.reference.roads import country
from tests.reference.stage import Stage


@pytest.fixture(scope="module")
def bank():
    return MapBank.from_networks([country()])


def terms(bank, config=None, *, gained=0.0, speed=10.0, d=0.0, yaw_rate=0.0, jerk=0.0, **episode):
    stage = Stage(bank, config)
    stage.put(lane=0, s=100.0, x=100.0, y=d, d=d, speed=speed)
    stage.state.actors.yaw_rate[0, 0] = yaw_rate
    stage.state.actuators.jerk[0, 0] = jerk
    for name, value in episode.items():
        getattr(stage.state.episode, name)[0] = value
    stage.call(reward_step, np.float32(gained))
    row = stage.state.episode.reward[0, 0]
    return {term.name: pytest.approx(float(row[term]), abs=1e-6) for term in RewardTerm}


@pytest.mark.parametrize(
    ("situation", "term", "expected"),
    [
        ({"gained": 1.5}, "PROGRESS", 1.5),
        ({"speed": 5.0}, "SPEED", 0.1 * 5.0 / 20.0),
        ({"speed": 30.0}, "SPEED", 0.1),
        ({"d": 0.0}, "LANE_CENTRE", 0.1),
        # 0.7 m off the centre of a lane of half width 1.75 m leaves 0.6 of it.
        ({"d": -0.7}, "LANE_CENTRE", 0.06),
        ({"d": 3.0}, "LANE_CENTRE", 0.0),
        ({}, "COMFORT", 0.0),
        ({"jerk": 4.13}, "COMFORT", -0.05),
        ({"jerk": -8.26}, "COMFORT", -0.2),
        ({"jerk": 80.0}, "COMFORT", -0.2),
        ({"speed": 10.0, "yaw_rate": 0.489}, "COMFORT", -0.05),
        ({"end": EndReason.SUCCESS}, "SUCCESS", 10.0),
        ({"end": EndReason.TIMEOUT}, "SUCCESS", 0.0),
        ({"collision": True}, "COLLISION", -5.0),
        ({"off_road": True}, "OFF_ROAD", -5.0),
        ({"wrong_way": True}, "WRONG_WAY", -5.0),
    ],
)
def test_a_term_by_hand(bank, situation, term, expected):
    assert terms(bank, **situation)[term] == expected


def test_weights_scale_their_own_term_only(bank):
    situation = {"gained": 2.0, "speed": 10.0, "jerk": 2.0, "d": 0.3, "collision": True}
    plain = terms(bank, **situation)
    weighted = terms(bank, EnvConfig(reward=RewardConfig(progress=3.0, collision=-7.0)), **situation)
    assert (weighted["PROGRESS"], weighted["COLLISION"]) == (6.0, -7.0)
    for term in ("SPEED", "LANE_CENTRE", "COMFORT", "SUCCESS", "OFF_ROAD", "WRONG_WAY"):
        assert weighted[term] == plain[term].expected


def test_discomfort_adds_squares_and_ends_at_four():
    f = np.float32
    assert discomfort(f(4.13), f(4.89)) == pytest.approx(2.0)
    assert discomfort(f(0.0), f(-2.445)) == pytest.approx(0.25)
    assert discomfort(f(100.0), f(100.0)) == 4.0
