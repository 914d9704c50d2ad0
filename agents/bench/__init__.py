"""`drivesim bench`: how fast the simulator is on this machine, and beside others."""

from agents.bench.command import BenchArgs, run

__all__ = ["BenchArgs", "run"]
