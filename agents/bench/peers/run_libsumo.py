"""SUMO inside this process on an OpenDRIVE map: `run_libsumo.py MAP VEHICLES STEP_S`.

As many vehicles as asked for drive random routes, made beforehand; who arrives comes back. An event is one vehicle
moved by one step.
"""

import os
import random
import subprocess
import sys
import tempfile

from serve import serve

import libsumo
import sumo
import sumolib

map_file, vehicles, step_s = sys.argv[1], int(sys.argv[2]), sys.argv[3]
ROUTES, SETTLE_S = 500, 60.0

folder = tempfile.mkdtemp()
net_file = os.path.join(folder, "map.net.xml")
netconvert = os.path.join(sumo.SUMO_HOME, "bin", "netconvert")
subprocess.run([netconvert, "--opendrive-files", map_file, "-o", net_file, "--no-warnings"], check=True)
# Vehicles that hinder one another for ever would be moved away otherwise, which costs nothing and moves nobody.
options = ["--time-to-teleport", "-1", "--collision.action", "none", "--seed", "1", "--no-step-log", "--no-warnings"]
libsumo.start(["sumo", "-n", net_file, "--step-length", step_s, *options])
edges = [edge.getID() for edge in sumolib.net.readNet(net_file).getEdges() if edge.allows("passenger")]
draw = random.Random(0)
routes = 0
for _ in range(20 * ROUTES):
    way = libsumo.simulation.findRoute(*draw.sample(edges, 2)).edges
    if len(way) > 3 and routes < ROUTES:
        libsumo.route.add(str(routes), way)
        routes += 1
added, moved = 0, 0


def add(count):
    """Brings vehicles in."""
    global added
    for _ in range(count):
        libsumo.vehicle.add(str(added), str(draw.randrange(routes)), departLane="best", departPos="random_free")
        added += 1


def step():
    """One step of everybody."""
    global moved
    libsumo.simulationStep()
    moved += libsumo.vehicle.getIDCount()
    add(libsumo.simulation.getArrivedNumber())


def events():
    """Vehicles moved since the last question."""
    global moved
    done, moved = moved, 0
    return done


add(vehicles)
for _ in range(round(SETTLE_S / float(step_s))):
    step()
names = libsumo.vehicle.getIDList()
events()
serve(
    step, events, version=libsumo.getVersion()[1], vehicles=len(names),
    speed=sum(map(libsumo.vehicle.getSpeed, names)) / max(len(names), 1),
)  # fmt: skip
