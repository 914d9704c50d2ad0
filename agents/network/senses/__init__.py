"""How a network takes in sensors that are no cameras: one file a type, each with what is recorded and what encodes it.

A type of your own is another `Sense`, handed to `register_sense` where it is defined.
"""

from agents.network.senses.contract import SENSES, Sense, SenseEncoder, is_there, register_sense, sense_of
from agents.network.senses.lidar import LIDAR
from agents.network.senses.motion import IMU
from agents.network.senses.radar import RADAR

SENSES |= {"lidar": LIDAR, "radar": RADAR, "imu": IMU}

__all__ = ["SENSES", "Sense", "SenseEncoder", "is_there", "register_sense", "sense_of"]
