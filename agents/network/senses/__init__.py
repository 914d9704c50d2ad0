"""How a network takes in sensors that are no cameras: one file a type, each with what is recorded and what encodes it.

A type of your own is another `Sense`, handed to `register_sense` where it is defined.
"""

from agents.network.senses.contract import (
    SENSES,
    Returns,
    Sense,
    Sensed,
    SenseEncoder,
    is_there,
    register_sense,
    sense_of,
)
from agents.network.senses.lidar import LIDAR, driver_lidar
from agents.network.senses.motion import IMU, ODOMETRY
from agents.network.senses.radar import RADAR
from drivesim.config import ImuConfig, OdometryConfig, RadarConfig

register_sense(driver_lidar(), LIDAR)
register_sense(RadarConfig(model="LRR", x_m=3.4, z_m=0.5), RADAR)
register_sense(ImuConfig(), IMU)
register_sense(OdometryConfig(), ODOMETRY)

__all__ = ["SENSES", "Returns", "Sense", "SenseEncoder", "Sensed", "is_there", "register_sense", "sense_of"]
