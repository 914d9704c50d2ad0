"""`WorldState`: all that changes in a batch of worlds."""

from typing import NamedTuple, get_type_hints

import numpy as np

from drivesim.state.actors import ActorState
from drivesim.state.columns import allocate
from drivesim.state.driver import (
    ActuatorState,
    DriverState,
    HeldState,
    LabelState,
    NavigationState,
    PlanState,
)
from drivesim.state.episode import ConditionState, EpisodeState, WorldRecord


class WorldState(NamedTuple):
    """All that changes in a batch of worlds."""

    worlds: WorldRecord
    conditions: ConditionState
    actors: ActorState
    drivers: DriverState
    actuators: ActuatorState
    held: HeldState
    plan: PlanState
    labels: LabelState
    navigation: NavigationState
    episode: EpisodeState


def allocate_state(*, world: int, slot: int, driver: int = 1) -> WorldState:
    """Zeroed state of `world` worlds with `slot` road users each; driver d steers slot d."""
    groups = get_type_hints(WorldState)
    state = WorldState(
        **{name: allocate(group, world=world, slot=slot, driver=driver) for name, group in groups.items()}
    )
    state.actors.driver[:] = -1
    state.actors.driver[:, :driver] = state.drivers.slot[:] = np.arange(driver)
    return state
