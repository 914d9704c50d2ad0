"""What changes: struct-of-arrays with leading axis `world`, each column declared once."""

from drivesim.state.actors import ActorKind, ActorState, Lamp
from drivesim.state.batch import WorldState, allocate_state
from drivesim.state.columns import Column, columns
from drivesim.state.driver import (
    CURVATURE_AHEAD_M,
    CURVATURE_COUNT,
    WAYPOINT_COUNT,
    ActuatorState,
    DriverState,
    HeldState,
    LabelState,
    NavigationState,
    PlanState,
)
from drivesim.state.episode import ConditionState, EndReason, EpisodeState, RewardTerm, WorldRecord

__all__ = [
    "CURVATURE_AHEAD_M", "CURVATURE_COUNT", "WAYPOINT_COUNT", "ActorKind", "ActorState", "ActuatorState", "Column",
    "ConditionState", "DriverState", "EndReason", "EpisodeState", "HeldState", "LabelState", "Lamp",
    "NavigationState", "PlanState", "RewardTerm", "WorldRecord", "WorldState", "allocate_state", "columns",
]  # fmt: skip
