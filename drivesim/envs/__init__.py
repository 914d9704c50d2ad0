"""Gymnasium environments: thin adapters over one `Simulation`."""

from drivesim.envs.simulation import Simulation
from drivesim.envs.single import DriveEnv
from drivesim.envs.vector import DriveVectorEnv

__all__ = ["DriveEnv", "DriveVectorEnv", "Simulation"]
