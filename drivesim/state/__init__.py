"""What changes: struct-of-arrays with leading axis `world`, each column declared once."""

from drivesim.state.actors import EGO, ActorKind, ActorState, Lamp
from drivesim.state.batch import WorldState, allocate_state
from drivesim.state.columns import Column, columns
from drivesim.state.driver import CURVATURE_AHEAD_M, CURVATURE_COUNT, WAYPOINT_COUNT, EgoState
from drivesim.state.episode import EndReason, EpisodeState, RewardTerm

__all__ = [
    "CURVATURE_AHEAD_M", "CURVATURE_COUNT", "EGO", "WAYPOINT_COUNT", "ActorKind", "ActorState", "Column", "EgoState",
    "EndReason", "EpisodeState", "Lamp", "RewardTerm", "WorldState", "allocate_state", "columns",
]  # fmt: skip
