"""Encoders of shipped senses: shapes, mirrors, and what of a measurement reaches the vector."""

import numpy as np
import pytest
import torch

from agents.network import NetworkConfig
from agents.network.config import SENSORS
from agents.network.senses import sense_of
from agents.network.senses.lidar import nearest_of_cells
from agents.network.senses.radar import AZIMUTH, RADIAL_SPEED, RANGE
from drivesim.config import Channel, EnvConfig, SensorConfig
from drivesim.errors import ConfigError

NAMES = ("lidar", "radar", "imu", "odometry")
LENGTH, CONTEXT = NetworkConfig().sense, 5


def frames_of(config: SensorConfig, seed: int, worlds: int = 3) -> dict[str, np.ndarray]:
    """An observation with something in every channel."""
    rng = np.random.default_rng(seed)

    def frames(channel: Channel) -> np.ndarray:
        shape = (worlds, *channel.shape)
        values = np.ones(shape) if channel.dtype == "uint8" else rng.uniform(0.1, 5.0, shape)
        return values.astype(channel.dtype)

    return {channel.key: frames(channel) for channel in config.delivered()}


def tensors_of(config: SensorConfig, seed: int = 0) -> dict[str, torch.Tensor]:
    read = sense_of(config).read(config, frames_of(config, seed))
    return {name: torch.from_numpy(np.ascontiguousarray(values)) for name, values in read.items()}


@pytest.mark.parametrize("name", NAMES)
def test_what_a_network_asks_of_a_sensor_is_a_config_that_environments_take(name):
    config = SENSORS[name]
    assert EnvConfig(sensors=(config,)).sensors == (config,)
    assert set(sense_of(config).channels) <= set(getattr(config, "channels", ()))


@pytest.mark.parametrize("name", NAMES)
def test_a_vector_has_its_length_and_tells_frames_apart(name):
    torch.manual_seed(0)
    encoder = sense_of(SENSORS[name]).encoder(SENSORS[name], LENGTH, CONTEXT)
    one, other = (encoder(tensors_of(SENSORS[name], seed), torch.zeros(3, CONTEXT)).vector for seed in (0, 1))
    assert one.shape == (3, LENGTH)
    assert one.dtype == torch.float32
    assert torch.isfinite(one).all()
    assert not torch.equal(one, other)


@pytest.mark.parametrize("name", NAMES)
def test_of_a_dead_sensor_come_finite_numbers_and_gradients(name):
    encoder = sense_of(SENSORS[name]).encoder(SENSORS[name], LENGTH, CONTEXT)
    parts = {part: torch.zeros_like(values) for part, values in tensors_of(SENSORS[name]).items()}
    encoder(parts, torch.zeros(3, CONTEXT)).vector.sum().backward()
    gradients = [parameter.grad for parameter in encoder.parameters() if parameter.grad is not None]
    assert gradients
    assert all(torch.isfinite(gradient).all() for gradient in gradients)


@pytest.mark.parametrize("name", NAMES)
def test_a_mirror_twice_is_none(name):
    sense, parts = sense_of(SENSORS[name]), tensors_of(SENSORS[name])
    once = sense.mirror(dict(parts))
    assert any(not torch.equal(once[part], values) for part, values in parts.items())
    twice = sense.mirror(dict(once))
    assert all(torch.equal(twice[part], values) for part, values in parts.items())


def test_a_speed_that_a_radar_measured_arrives_in_the_vector():
    config = SENSORS["radar"]
    encoder = sense_of(config).encoder(config, LENGTH, CONTEXT)
    with torch.no_grad():
        encoder.attend.nothing.fill_(-1000.0)
    parts = {name: torch.zeros_like(values[:1]) for name, values in tensors_of(config).items()}
    parts["valid"][0, 0] = 1
    parts["detections"][0, 0, RANGE], parts["detections"][0, 0, RADIAL_SPEED] = 40.0, -7.5
    parts["detections"][0, 0, AZIMUTH] = 0.05
    exact = encoder(parts, torch.zeros(1, CONTEXT)).vector[0, -20:].view(4, 5)
    # Of one detection alone all four looks tell: log range, range, left, speed and compensated speed, each in its unit.
    expected = [np.log(40.0) - 3.0, 40.0 / 50.0, 40.0 * np.sin(0.05) / 5.0, -7.5 / 5.0, 0.0]
    assert torch.allclose(exact, torch.tensor(expected, dtype=torch.float32).expand(4, 5), atol=1e-6)


def test_a_distance_that_a_lidar_measured_arrives_in_the_vector():
    config = SENSORS["lidar"]
    encoder = sense_of(config).encoder(config, LENGTH, CONTEXT)
    with torch.no_grad():
        encoder.attend.nothing.fill_(-1000.0)
    parts = {name: torch.zeros_like(values[:1]) for name, values in tensors_of(config).items()}
    beam, column = 4, 79
    parts["range"][0, beam, column] = round(50.0 / 0.005)
    exact = encoder(parts, torch.zeros(1, CONTEXT)).vector[0, -12:].view(4, 3)
    direction = encoder.direction[:, beam, column]
    ahead, left = 50.0 * float(direction[0]), 50.0 * float(direction[1])
    expected = [np.log(ahead) - 3.0, left / 5.0, ahead / 50.0]
    assert torch.allclose(exact, torch.tensor(expected, dtype=torch.float32).expand(4, 3), atol=1e-4)


def test_of_four_rays_the_nearest_speaks_also_where_the_image_has_odd_sides():
    inverse = torch.tensor([[[0.0, 0.2, 0.0], [0.5, 0.1, 0.4], [0.3, 0.0, 0.0]]])
    left = torch.arange(9.0).view(1, 3, 3)
    nearest, of_nearest = nearest_of_cells(inverse, left)
    assert nearest.tolist() == [[[0.5, pytest.approx(0.4)], [pytest.approx(0.3), 0.0]]]
    assert of_nearest.tolist() == [[[3.0, 5.0], [6.0, 8.0]]]


def test_a_sensor_that_networks_cannot_take_in_is_named():
    class Whiskers(SensorConfig):
        type: str = "whiskers"

    config = object.__new__(Whiskers)
    object.__setattr__(config, "name", "whiskers")
    object.__setattr__(config, "type", "whiskers")
    with pytest.raises(ConfigError, match="sensors: whiskers: unknown value 'whiskers'"):
        sense_of(config)
