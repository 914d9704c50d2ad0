"""What `drivesim bench --traffic` counts, against hand-worked numbers, and SUMO as a peer."""

from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from agents.bench import sumo
from agents.bench.peer import Peer, PeerError, PeerProcess
from agents.bench.sumo import SumoComparison, compare_with_sumo
from agents.bench.tables import sumo_table
from agents.bench.timing import Rate
from agents.bench.traffic import (
    RING_DRIVER,
    RING_LIMIT,
    RING_M,
    Count,
    equilibrium_speed,
    lane_metres,
    ring_network,
)
from drivesim.maps.bank import MapBank
from drivesim.maps.opendrive.write import save_opendrive
from drivesim.maps.procedural.town import scenes
from drivesim.maps.procedural.town.plan import Control
from tests.judges import interpreter


def test_the_equilibrium_speed_gives_back_the_gap_that_idm_keeps():
    for density in (0.01, 0.03, 0.1):
        speed = equilibrium_speed(density)
        wanted = RING_DRIVER["min_gap"] + speed * RING_DRIVER["time_headway"]
        gap = wanted / np.sqrt(1.0 - (speed / RING_LIMIT) ** 4)
        assert gap + RING_DRIVER["length"] == pytest.approx(1.0 / density, rel=1e-6)


def test_the_ring_is_closed_and_as_long_as_it_says():
    lanes = ring_network().lanes
    assert sum(lane.length for lane in lanes) == pytest.approx(RING_M)
    np.testing.assert_allclose(lanes[0].points[-1], lanes[1].points[0], atol=1e-9)
    np.testing.assert_allclose(lanes[1].points[-1], lanes[0].points[0], atol=1e-9)


def test_traffic_alone_is_counted_on_a_crossing():
    bank = MapBank.bare([scenes.crossing(Control.PRIORITY_TO_RIGHT)])
    count, told = Count(cars=4, with_people=False), []
    count.drive(bank, 1, 60.0, told.append)
    counted = count.row()
    assert told == [0.0]
    assert counted.collisions == counted.people_hit == counted.red_lights == 0
    assert counted.hours == pytest.approx(1.0 / 60.0)
    assert 0.0 < counted.density <= 1000.0 * 4 / lane_metres(bank, 1)
    assert counted.flow == pytest.approx(3.6 * counted.density * counted.speed)
    assert counted.longest_s < 60.0


def test_chunks_of_towns_add_up_to_what_they_are_together():
    scene = scenes.crossing(Control.PRIORITY_TO_RIGHT)
    parts = Count(cars=4, with_people=False)
    for _ in range(2):
        parts.drive(MapBank.bare([scene]), 1, 30.0)
    once = Count(cars=4, with_people=False)
    once.drive(MapBank.bare([scene]), 1, 30.0)
    assert parts.row().hours == pytest.approx(2.0 * once.row().hours)
    assert parts.row().density == pytest.approx(once.row().density)
    assert parts.row().flow == pytest.approx(once.row().flow)


def test_a_table_tells_both_rates_and_their_ratio():
    ours, theirs = (Rate(unit="vehicle-steps", per_second=(v,), per_cpu_second=(v,)) for v in (900_000.0, 300_000.0))
    compared = SumoComparison(vehicles=32, facts={"version": "SUMO 1.28.0", "speed": 7.5}, ours=ours, theirs=theirs)
    console = Console(width=160, record=True)
    console.print(sumo_table(compared))
    assert "3.0x" in console.export_text()


def test_sumo_that_cannot_be_had_is_told(monkeypatch):
    def fail(home: str) -> Path:
        raise PeerError(f"{home}: no network")

    monkeypatch.setattr(sumo, "install", fail)
    monkeypatch.setattr(sumo, "WORLDS", 1)
    monkeypatch.setattr(sumo, "SETTLE_S", 1.0)
    compared = compare_with_sumo(scenes.crossing(), 4, windows=1, window_s=0.01)
    assert compared.problem == "sumo: no network"
    assert compared.ours is None


def test_sumo_reads_our_town_and_moves_as_many_vehicles(tmp_path):
    python = interpreter("libsumo", "sumolib", "sumo")
    file = tmp_path / "crossing.xodr"
    save_opendrive(scenes.crossing(Control.LIGHTS), file)
    peer = Peer(name="SUMO", home="sumo", program=("run_libsumo.py", str(file), "8", "0.1"), note="")
    with PeerProcess(peer, Path(python)) as process:
        window = process.window(0.2)
    assert 4 <= process.facts["vehicles"] <= 8
    assert process.facts["speed"] > 1.0
    assert window.events > 100
