"""The table of kinds: shares in the traffic, and paints that a kind always has."""

import numpy as np
import pytest

from drivesim.config import TrafficConfig
from drivesim.errors import ConfigError
from drivesim.sensors.camera.paint import PAINTS
from drivesim.state import ActorKind
from drivesim.state.kinds import KINDS, kind_arrays
from drivesim.world.appearance import PAINT_COUNT, look_of_paint


def test_without_buses_and_emergency_vehicles_traffic_is_what_it_was():
    arrays = kind_arrays(KINDS, TrafficConfig())
    assert arrays.order.tolist() == [ActorKind.TRUCK, ActorKind.VAN, ActorKind.MOTORCYCLE, ActorKind.CAR]
    assert arrays.share_below[arrays.order[:-1]] == pytest.approx([0.15, 0.3, 0.35])


def test_shares_are_those_of_the_config():
    arrays = kind_arrays(KINDS, TrafficConfig(truck_share=0.1, bus_share=0.05, emergency_share=0.2))
    shares = dict(
        zip(arrays.order[:-1].tolist(), np.diff(arrays.share_below[arrays.order[:-1]], prepend=0.0), strict=True)
    )
    assert shares[ActorKind.TRUCK] == pytest.approx(0.1)
    assert shares[ActorKind.BUS] == pytest.approx(0.05, abs=1e-6)
    emergency = [shares[kind] for kind in (ActorKind.POLICE_CAR, ActorKind.AMBULANCE, ActorKind.FIRE_ENGINE)]
    assert emergency == pytest.approx([0.1, 0.07, 0.03], abs=1e-6)


def test_shares_above_one_are_named():
    with pytest.raises(ConfigError, match=r"at most 1, got 1\.2 .*truck 0\.8"):
        kind_arrays(KINDS, TrafficConfig(truck_share=0.8, bus_share=0.2))


def test_a_paint_is_found_for_every_look_and_keeps_its_variant():
    assert len(PAINTS) == PAINT_COUNT
    for kind, entry in enumerate(KINDS, start=1):
        if entry.paint < 0:
            continue
        for look in range(0, 256, 5):
            found = int(look_of_paint(np.uint8(look), np.int64(kind), np.int64(entry.paint)))
            assert (7 * found + kind) % len(PAINTS) == entry.paint
            assert found // len(PAINTS) == min(look // len(PAINTS), 20)
