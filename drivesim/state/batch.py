"""`WorldState`: all that changes in a batch of worlds."""

from typing import NamedTuple

from drivesim.state.actors import ActorState
from drivesim.state.columns import allocate
from drivesim.state.driver import EgoState
from drivesim.state.episode import EpisodeState


class WorldState(NamedTuple):
    """All that changes in a batch of worlds."""

    actors: ActorState
    ego: EgoState
    episode: EpisodeState


def allocate_state(*, world: int, slot: int) -> WorldState:
    """Zeroed state of `world` worlds with `slot` road users each, the ego included."""
    return WorldState(
        actors=allocate(ActorState, world=world, slot=slot),
        ego=allocate(EgoState, world=world, slot=slot),
        episode=allocate(EpisodeState, world=world, slot=slot),
    )
