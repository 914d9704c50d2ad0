"""Driving behind others, as a table: what the lead does, and what must hold of the ego, driven by its expert."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest

from drivesim.state import Lamp
from tests.reference.drive import Drive, straight_road

TIME, SPEED, ACCEL, GAP, LAMPS = range(5)


class Maneuver(NamedTuple):
    """A driving situation written as data."""

    title: str
    duration_s: float
    speed: float
    """Of the ego [m/s]."""
    gap_m: float
    lead_speed: tuple[tuple[float, float], ...]
    """Knots of (time [s], speed [m/s])."""
    checks: tuple[Callable[[np.ndarray], bool], ...]


def never_touches(log: np.ndarray) -> bool:
    return log[:, GAP].min() > 0.0


def keeps_its_distance(log: np.ndarray) -> bool:
    return log[:, GAP].min() > 1.0


def ends_stopped(log: np.ndarray) -> bool:
    return abs(log[-1, SPEED]) < 0.1


def stops_near(log: np.ndarray) -> bool:
    return 1.0 < log[-1, GAP] < 4.0


def brakes_gently(log: np.ndarray) -> bool:
    return log[:, ACCEL].min() > -3.5


def brakes_calmly(log: np.ndarray) -> bool:
    return log[:, ACCEL].min() > -5.5


def brakes_hard_if_needed(log: np.ndarray) -> bool:
    return log[:, ACCEL].min() < -5.0


def follows_at_the_end(log: np.ndarray) -> bool:
    return abs(log[-1, ACCEL]) < 0.2 and log[-1, SPEED] > 5.0


def drives_off_again(log: np.ndarray) -> bool:
    return log[:, SPEED].min() < 0.5 and log[-1, SPEED] > 5.0


def does_not_oscillate(log: np.ndarray) -> bool:
    turns = np.diff(np.sign(np.round(log[:, ACCEL], 1)))
    return (turns != 0).sum() < 12


def shows_brake_lamps(log: np.ndarray) -> bool:
    """Wherever it has braked clearly for three steps."""
    braking = log[:, ACCEL] < -0.8
    settled = braking[2:] & braking[1:-1] & braking[:-2]
    lit = (log[:, LAMPS].astype(int) & Lamp.BRAKE) != 0
    return bool(lit[2:][settled].all())


MANEUVERS = (
    Maneuver("a stopped car 150 m ahead", 40.0, 20.0, 150.0, ((0.0, 0.0),),
             (keeps_its_distance, ends_stopped, stops_near, brakes_gently, shows_brake_lamps, does_not_oscillate)),
    Maneuver("a stopped car 60 m ahead", 30.0, 20.0, 60.0, ((0.0, 0.0),),
             (keeps_its_distance, ends_stopped, stops_near, brakes_calmly)),
    Maneuver("a stopped car 32 m ahead, all that the brakes can do", 20.0, 20.0, 32.0, ((0.0, 0.0),),
             (never_touches, ends_stopped, brakes_hard_if_needed, shows_brake_lamps)),
    Maneuver("the lead brakes from 20 m/s to rest at 5 m/s^2", 25.0, 20.0, 32.0, ((2.0, 20.0), (6.0, 0.0)),
             (keeps_its_distance, ends_stopped, shows_brake_lamps)),
    Maneuver("the lead brakes from 20 m/s to rest at 8 m/s^2", 25.0, 20.0, 40.0, ((2.0, 20.0), (4.5, 0.0)),
             (never_touches, ends_stopped)),
    Maneuver("a slower car far ahead", 40.0, 20.0, 100.0, ((0.0, 10.0),),
             (keeps_its_distance, brakes_gently, follows_at_the_end, does_not_oscillate)),
    Maneuver("somebody cuts in 12 m ahead at the same speed", 30.0, 18.0, 12.0, ((0.0, 18.0),),
             (keeps_its_distance, brakes_gently, follows_at_the_end)),
    Maneuver("somebody cuts in 10 m ahead and is 3 m/s slower", 30.0, 18.0, 10.0, ((0.0, 15.0),),
             (never_touches, brakes_calmly, follows_at_the_end)),
    Maneuver("stop and go", 60.0, 12.0, 25.0, ((2.0, 12.0), (8.0, 0.0), (14.0, 0.0), (20.0, 10.0), (60.0, 10.0)),
             (keeps_its_distance, brakes_gently, drives_off_again, shows_brake_lamps)),
)  # fmt: skip


def drive(maneuver: Maneuver) -> np.ndarray:
    """The log of the ego: time, speed, acceleration, gap, lamps."""
    scene = Drive(straight_road(1, sections=20), cars=1)
    scene.put(0, 0, 10.0, maneuver.speed)
    front = float(scene.actors.length[0, 0] - scene.actors.rear[0, 0])
    ahead = 10.0 + front + maneuver.gap_m + 0.9
    scene.put(1, int(ahead // 100.0), ahead % 100.0, maneuver.lead_speed[0][1])
    times, speeds = np.array(maneuver.lead_speed).T

    def command(time: float) -> float:
        return float(np.interp(time + scene.step_s, times, speeds) - scene.actors.speed[0, 1]) / scene.step_s

    def watch(scene: Drive) -> tuple:
        a = scene.actors
        tick = float(scene.worlds.tick[0]) * scene.step_s
        return tick, a.speed[0, 0], a.accel[0, 0], scene.gap(0, 1), a.lamps[0, 0]

    return scene.run(maneuver.duration_s, command={1: command}, watch=watch)


@pytest.mark.parametrize("maneuver", MANEUVERS, ids=lambda maneuver: maneuver.title)
def test_maneuver(maneuver):
    log = drive(maneuver)
    failed = [check.__name__ for check in maneuver.checks if not check(log)]
    assert not failed, f"{maneuver.title}: {failed}\n{np.array2string(log[::10], precision=2, suppress_small=True)}"
