"""Conditions: what may differ between the worlds of one batch."""

import numpy as np
import pytest

from drivesim.config import ENV_PRESETS, replace
from drivesim.errors import ConfigError
from drivesim.maps.bank import MapBank
from drivesim.world.step import World


@pytest.fixture(scope="module")
def bank():
    return MapBank.build(replace(ENV_PRESETS["highway"].map, count=1, length_m=300.0))


def make(bank, worlds=4) -> World:
    return World(bank, replace(ENV_PRESETS["highway"], sensors=(), traffic={"car_count": 8}), worlds)


def test_a_batch_brakes_as_hard_as_the_road_of_each_world_allows(bank):
    world = make(bank)
    friction = np.array([0.1, 0.3, 0.5, 1.0])
    world.reset(seed=[3] * 4, conditions={"friction": friction, "car_count": 0})
    before = world.state.actors.speed[:, 0].copy()
    for _ in range(10):
        world.step(np.tile(np.float32([0.0, -1.0]), (4, 1)))
    braking = (before - world.state.actors.speed[:, 0]) / 1.0
    # Tyres give friction times g; the driver asks for 8 m/s^2 through pedals that lag by 0.2 s.
    assert braking[:3] == pytest.approx(friction[:3] * 9.81, rel=0.12)
    assert 5.5 < braking[3] < 8.0


def test_traffic_is_as_dense_as_each_world_asks(bank):
    world = make(bank)
    world.reset(seed=1, conditions={"car_count": np.array([0, 2, 5, 8])})
    cars = (world.state.actors.kind[:, 1:] > 0).sum(axis=1)
    assert (cars <= [0, 2, 5, 8]).all() and cars[0] == 0 and cars[3] > cars[1]
    for _ in range(50):
        world.step(world.state.plan.expert_action[:, 0])
    assert ((world.state.actors.kind[:, 1:] > 0).sum(axis=1) <= [0, 2, 5, 8]).all()


def test_conditions_last_until_they_are_changed_and_are_part_of_a_snapshot(bank):
    world = make(bank, 2)
    world.reset(seed=0, conditions={"friction": [0.2, 0.9]})
    world.reset()
    assert world.state.conditions.friction.tolist() == pytest.approx([0.2, 0.9])
    saved = world.snapshot()
    world.reset(mask=np.array([True, False]), conditions={"friction": 0.5})
    assert world.state.conditions.friction.tolist() == pytest.approx([0.5, 0.9])
    world.restore(saved)
    assert world.state.conditions.friction.tolist() == pytest.approx([0.2, 0.9])


def test_a_world_with_its_conditions_is_the_single_world_with_them(bank):
    batch, one = make(bank, 3), make(bank, 1)
    batch.reset(seed=7, conditions={"friction": [0.4, 0.6, 0.8], "car_count": [1, 4, 8]})
    one.reset(seed=9, conditions={"friction": 0.8, "car_count": 8})
    for _ in range(40):
        batch.step(batch.state.plan.expert_action[:, 0])
        one.step(one.state.plan.expert_action[:, 0])
    for name, array in one.snapshot().items():
        np.testing.assert_array_equal(batch.snapshot()[name][2:], array, err_msg=name)


@pytest.mark.parametrize(
    ("conditions", "message"),
    [
        ({"frction": 1.0}, "did you mean 'friction'"),
        ({"friction": 3.0}, r"conditions\['friction'\]: expected values in \[0.05, 2\], got 3.0"),
        ({"friction": float("nan")}, r"conditions\['friction'\]: expected values"),
        ({"friction": [1.0, 1.0]}, r"expected a number or an array of shape \(4,\)"),
        ({"car_count": 9}, r"conditions\['car_count'\]: expected values in \[0, 8\], got 9"),
        ({"car_count": 1.5}, r"conditions\['car_count'\]: expected a number"),
        ({"friction": "icy"}, r"conditions\['friction'\]: expected a number"),
    ],
)
def test_a_wrong_condition_is_refused_by_name(bank, conditions, message):
    world = make(bank)
    with pytest.raises(ConfigError, match=message):
        world.reset(seed=0, conditions=conditions)
