"""TTC, DRAC and PET of drives recorded here and driven again in SUMO, whose SSM device is asked."""

from typing import Any

import gymnasium as gym
import numpy as np
import pytest

from drivesim.tasks.scores.safety import Approach, crossing, following, merging, pet_of
from tests.judges import ask

STEP_S, LENGTH, WIDTH = 0.1, 4.5, 1.8
SCRIPT = """
import os, subprocess, sys, tempfile
import xml.etree.ElementTree as ET
import libsumo
folder, tools = tempfile.mkdtemp(), os.path.dirname(sys.executable)
kind, start = str(given["kind"]), given["start"]
one, two = given["one"], given["two"]
places = (("w", -400, 0), ("e", 400, 0), ("s", 0, -400), ("n", 0, 400))
nodes = "".join(f'<node id="{i}" x="{x}" y="{y}"/>' for i, x, y in places)
edges = [("wc", "w", "c"), ("ce", "c", "e")]
if kind != "following":
    edges.append(("sc", "s", "c"))
if kind == "crossing":
    edges.append(("cn", "c", "n"))
route = {"following": "wc ce", "crossing": "sc cn", "merging": "sc ce"}[kind]
net, rou, ssm = (os.path.join(folder, name) for name in ("net.xml", "rou.xml", "ssm.xml"))
text = {
    "nod.xml": '<nodes>' + nodes + '<node id="c" x="0" y="0" type="priority"/></nodes>',
    "edg.xml": '<edges>' + "".join(f'<edge id="{i}" from="{a}" to="{b}" numLanes="1" speed="60"/>' for i, a, b in edges)
    + '</edges>',
    "rou.xml": f'''<routes><vType id="t" length="4.5" width="1.8" minGap="0" sigma="0" tau="0.1" speedDev="0" decel="8"
    emergencyDecel="8" maxSpeed="80"/><route id="a" edges="wc ce"/><route id="b" edges="{route}"/>
    <vehicle id="foe" type="t" route="b" depart="0" departPos="{start[1]}" departSpeed="{two[0]}"/>
    <vehicle id="ego" type="t" route="a" depart="0" departPos="{start[0]}" departSpeed="{one[0]}">
    <param key="has.ssm.device" value="true"/><param key="device.ssm.measures" value="TTC DRAC PET"/>
    <param key="device.ssm.thresholds" value="1000 0 1000"/><param key="device.ssm.trajectories" value="true"/>
    <param key="device.ssm.range" value="900"/><param key="device.ssm.file" value="{ssm}"/></vehicle></routes>''',
}
for name, content in text.items():
    with open(os.path.join(folder, name), "w") as file:
        file.write(content)
subprocess.run([tools + "/netconvert", "-n", folder + "/nod.xml", "-e", folder + "/edg.xml", "-o", net, "--precision",
    "6"], check=True, capture_output=True)
libsumo.start(["sumo", "-n", net, "-r", rou, "--step-length", "0.1", "--no-step-log", "--collision.action", "none",
    "--step-method.ballistic", "true", "--precision", "6", "--no-warnings"])
for step in range(600):
    libsumo.simulationStep()
    for name, speeds in (("ego", one), ("foe", two)):
        if name in libsumo.vehicle.getIDList():
            if step == 0:
                libsumo.vehicle.setSpeedMode(name, 0)
            libsumo.vehicle.setSpeed(name, float(speeds[min(step + 1, len(speeds) - 1)]))
libsumo.close()
def numbers(words):
    return np.array([np.nan if word == "NA" else float(word) for word in words.split()])
for conflict in ET.parse(ssm).getroot():
    for entry in conflict:
        if entry.get("values") is None:
            answer[entry.tag] = numbers(entry.get("value"))
        elif "," not in entry.get("values"):
            answer[entry.tag] = numbers(entry.get("values"))
        else:
            answer[entry.tag] = np.array([[float(c) for c in pair.split(",")] for pair in entry.get("values").split()])
answer["lanes"] = np.array([float(lane.get("length")) for lane in ET.parse(net).getroot().iter("lane")])
"""


def sumo(kind: str, one: np.ndarray, two: np.ndarray, start: tuple[float, float]) -> dict[str, np.ndarray]:
    """What SUMO says of two that drive at these speeds, from these places on their first lanes."""
    given = {"kind": np.array(kind), "one": one, "two": two, "start": np.array(start)}
    return ask(SCRIPT, given, "libsumo", "numpy")


def placed(speed: np.ndarray, start: float) -> np.ndarray:
    """Front bumper at every step, by the trapezoidal rule."""
    return start + np.concatenate([[0.0], np.cumsum(0.5 * (speed[1:] + speed[:-1]) * STEP_S)])


@pytest.fixture(scope="module")
def recorded() -> tuple[np.ndarray, np.ndarray]:
    """Speeds of the expert on a highway and of another car there, 20 s [m/s]."""
    env = gym.make_vec("drivesim/Highway-v0", num_envs=1, map_count=1, sensors=[], autoreset_mode="Disabled")
    base: Any = env.unwrapped
    base.reset(seed=3)
    actors, speeds = base.simulation.world.state.actors, []
    for _ in range(200):
        speeds.append(actors.speed[0].astype(np.float64))
        base.advance(base.simulation.world.state.plan.expert_action[:, 0].copy())
    env.close()
    table = np.array(speeds)
    there = table[:, 1:].min(axis=0) > 1.0
    other = 1 + int(np.where(there, table[:, 1:].std(axis=0), 0.0).argmax())
    return table[:, 0], table[:, other]


def agrees(theirs: np.ndarray, ours: np.ndarray, nothing: float) -> None:
    """Whether all values are SUMO's to 1e-3; `nothing` is what stands here where it says none."""
    count = min(len(theirs), len(ours))
    assert count > 20
    ours = np.where(ours[:count] == nothing, np.nan, ours[:count])
    theirs = np.where(theirs[:count] == 0.0, np.nan, theirs[:count])
    assert (np.isnan(ours) == np.isnan(theirs)).all()
    assert np.nanmax(np.abs(ours - theirs) / np.maximum(theirs, 1.0), initial=0.0) < 1e-3


def test_following_a_recorded_car_equals_sumos(recorded):
    front, rear = recorded
    one, two = rear, front
    start = (50.0, 50.0 + LENGTH + 160.0)
    theirs = sumo("following", one, two, start)
    gap = placed(two, start[1]) - LENGTH - placed(one, start[0])
    assert gap.min() > 1.0
    ttc, drac = following(gap, one, two)
    assert np.isfinite(ttc).sum() > 20
    agrees(theirs["TTCSpan"], ttc, np.inf)
    agrees(np.round(theirs["DRACSpan"], 5), np.round(drac, 5), 0.0)


@pytest.mark.parametrize(("speeds", "start"), [((10.0, 8.0), (300.0, 318.0)), ((10.0, 8.0), (301.0, 319.6))])
def test_a_crossing_equals_sumos(speeds, start):
    ones = np.ones(100)
    theirs = sumo("crossing", speeds[0] * ones, speeds[1] * ones, start)
    ahead = 0.5 * WIDTH
    places = [placed(speed * ones, begin) for speed, begin in zip(speeds, start, strict=True)]
    # The lanes cross at x = 401.6, y = 398.4 of a network whose corner is at 0.
    crossings = (401.6, 398.4)
    ways = [
        Approach(at - ahead - s, at + ahead + LENGTH - s, v) for at, s, v in zip(crossings, places, speeds, strict=True)
    ]
    ttc, drac = crossing(*ways)
    before = (np.asarray(ways[0].entry) > 0.0) & (np.asarray(ways[1].entry) > 0.0)
    count = int(before.sum())
    agrees(theirs["TTCSpan"][:count], ttc[:count], np.inf)
    agrees(theirs["DRACSpan"][:count], drac[:count], 0.0)


@pytest.mark.parametrize("start", [(300.0, 318.0), (300.0, 305.0), (320.0, 300.0)])
@pytest.mark.parametrize("speeds", [(10.0, 8.0), (12.0, 9.0)])
def test_merging_equals_sumos(speeds, start):
    ones = np.ones(100)
    theirs = sumo("merging", speeds[0] * ones, speeds[1] * ones, start)
    lanes = theirs["lanes"]
    # Internal lanes come first: the bend of the one from the south, the way of the other.
    ends = lanes[4] + lanes[1], lanes[3] + lanes[0]
    places = [placed(speed * ones, begin) for speed, begin in zip(speeds, start, strict=True)]
    ways = [Approach(end - s, end + LENGTH - s, v) for end, s, v in zip(ends, places, speeds, strict=True)]
    ttc, drac = merging(ways[0], ways[1], LENGTH)
    before = (np.asarray(ways[0].entry) > 0.0) & (np.asarray(ways[1].entry) > 0.0)
    count = int(before.sum())
    agrees(theirs["TTCSpan"][:count], ttc[:count], np.inf)
    agrees(theirs["DRACSpan"][:count], drac[:count], 0.0)


def test_the_pet_of_recorded_speeds_equals_sumos(recorded):
    one, two = 0.4 * recorded[0], 0.4 * recorded[1]
    start = (300.0, 270.0)
    theirs = sumo("crossing", one, two, start)
    time = STEP_S * np.arange(len(one))
    east, north = placed(one, start[0]) - 0.5 * LENGTH, placed(two, start[1]) - 0.5 * LENGTH
    flat = np.zeros(len(one))
    pet = pet_of((east, flat + 398.4), (flat + 401.6, north), time, (LENGTH, LENGTH), (WIDTH, WIDTH))
    assert float(theirs["PET"][0]) == pytest.approx(pet, abs=1e-3)
