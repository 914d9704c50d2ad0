"""Truth about road users, against geometry worked out by hand."""

import math

import numpy as np
import pytest

from drivesim.config import EnvConfig
from drivesim.kernels.launch import Launcher
from drivesim.semantics import Semantic
from drivesim.sensors.objects import object_labels
from drivesim.state import ActorKind, EndReason, allocate_state
from drivesim.state.parameters import parameters_from
from drivesim.world.vehicle import REAR_AXLE
from tests.reference.views import put, state_of


def labels_of(state, model="kinematic"):
    config = EnvConfig(vehicle=EnvConfig().vehicle.__class__(model=model))
    return object_labels(state, parameters_from(config, state.actors.kind.shape[1]), Launcher())


def test_position_heading_and_size_are_those_of_the_body_seen_from_the_rear_axle():
    state = state_of()
    put(state, 0, 0, 10.0, 20.0, math.pi / 2)
    # Its rear axle, here its rear bumper, is 30 m north and 3 m west of the ego's; it heads west.
    put(state, 0, 2, 7.0, 50.0, math.pi, kind=ActorKind.TRUCK)
    labels = labels_of(state)
    assert labels.valid[0, 0].tolist() == [False, False, True, False]
    assert labels.position[0, 0, 2] == pytest.approx([30.0, 3.0 + 5.5], abs=1e-4)
    assert labels.yaw[0, 0, 2] == pytest.approx(math.pi / 2, abs=1e-5)
    assert labels.size[0, 0, 2] == pytest.approx([11.0, 2.5, 3.8])
    assert labels.semantic[0, 0].tolist() == [0, 0, Semantic.TRUCK, 0]
    for name, values in labels._asdict().items():
        assert not values[0, 0, [0, 1, 3]].any(), name


def test_velocity_is_over_the_ground_in_the_axes_of_the_ego_and_of_the_middle_of_the_body():
    state = state_of()
    put(state, 0, 0, 0.0, 0.0, math.pi / 2)
    put(state, 0, 1, 5.0, 30.0, 0.0)
    state.actors.speed[0, :2] = 20.0, 8.0
    state.actors.yaw_rate[0, 1] = 0.5
    # East at 8 m/s; turning left moves the middle, 2.25 m ahead of the axle, north at 1.125 m/s. The ego faces north.
    assert labels_of(state).velocity[0, 0, 1] == pytest.approx([1.125, -8.0], abs=1e-5)


def test_the_speed_of_a_driven_car_with_the_dynamic_model_is_that_of_its_centre_of_gravity():
    state = allocate_state(world=1, slot=2, driver=2)
    for slot in range(2):
        put(state, 0, slot, 30.0 * slot, 0.0)
    state.actors.rear[0] = 0.9
    state.actors.speed[0, 1], state.actors.slip[0, 1], state.actors.yaw_rate[0, 1] = 10.0, 0.1, 0.4
    aside = 10.0 * math.sin(0.1) + (2.25 - 0.9 - REAR_AXLE) * 0.4
    assert labels_of(state, "dynamic").velocity[0, 0, 1] == pytest.approx([10.0 * math.cos(0.1), aside], abs=1e-5)
    assert labels_of(state).velocity[0, 0, 1] == pytest.approx([10.0, (2.25 - 0.9) * 0.4], abs=1e-5)


def test_each_driver_sees_the_other_and_not_itself():
    state = allocate_state(world=1, slot=3, driver=2)
    put(state, 0, 0, 0.0, 0.0)
    put(state, 0, 1, -20.0, 4.0, math.pi)
    labels = labels_of(state)
    assert labels.valid[0].tolist() == [[False, True, False], [True, False, False]]
    ahead = 4.5 / 2 - 0.9
    assert labels.position[0, 1, 0] == pytest.approx([-20.0 - ahead, 4.0], abs=1e-4)


def test_a_driver_whose_car_has_left_the_road_is_told_nothing():
    state = state_of()
    put(state, 0, 1, 10.0, 0.0)
    state.episode.end[0, 0] = EndReason.COLLISION
    assert labels_of(state).valid.any(), "in the moment of its end it still stands there"
    state.actors.kind[0, 0] = ActorKind.NONE
    assert not labels_of(state).valid.any()


def test_whoever_takes_a_slot_later_has_another_track():
    state = state_of(slot=4)
    for slot in (1, 2):
        put(state, 0, slot, 10.0 * slot, 0.0)
    first = labels_of(state).track[0, 0, 1:3].tolist()
    state.actors.born[0, 1] = 17
    second = labels_of(state).track[0, 0, 1:3].tolist()
    assert second[1] == first[1]
    assert len({*first, *second}) == 3
    assert np.unique(labels_of(state).track).dtype == np.int32
