import numpy as np
import pytest

from drivesim.rng import Purpose, bits, uniform
from drivesim.sensors.noise import normals, uniforms

KEYS = np.array([3, 2**63 + 11, 77], np.uint64)
TICKS = np.array([0, 5, 2_000_000_000], np.int32)
CRC_32_OF_IMU = 0x487BB9E4


def test_numbers_are_those_of_the_kernels_generator():
    drawn = uniforms(KEYS, "imu", TICKS, 4)
    assert drawn.dtype == np.float32
    for world, (key, tick) in enumerate(zip(KEYS, TICKS, strict=True)):
        own = np.uint64(bits(key, int(Purpose.SENSOR), CRC_32_OF_IMU, 0))
        assert drawn[world].tolist() == [uniform(own, int(Purpose.SENSOR), tick, index) for index in range(4)]


def test_a_number_depends_on_nothing_but_its_key_name_tick_and_index():
    whole = normals(KEYS, "imu", TICKS, 6)
    np.testing.assert_array_equal(normals(KEYS[1:2], "imu", TICKS[1:2], 6), whole[1:2])
    others = (
        normals(KEYS, "gnss", TICKS, 6),
        normals(KEYS, "imu", TICKS + 1, 6),
        normals(KEYS + np.uint64(1), "imu", TICKS, 6),
    )
    for other in others:
        assert not np.isclose(other, whole).any()


def test_normal_numbers_have_the_moments_of_the_standard_normal_distribution():
    drawn = normals(np.arange(1000, dtype=np.uint64), "imu", np.zeros(1000), 100).ravel()
    assert drawn.mean() == pytest.approx(0.0, abs=0.01)
    assert drawn.std() == pytest.approx(1.0, abs=0.01)
    assert (np.abs(drawn) > 1.96).mean() == pytest.approx(0.05, abs=0.003)
