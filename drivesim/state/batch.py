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
from drivesim.state.episode import ConditionState, EpisodeState, RewardTerm, WorldRecord
from drivesim.state.events import Event, EventState
from drivesim.state.junctions import JunctionState
from drivesim.state.lights import LightState
from drivesim.state.people import PeopleState
from drivesim.state.scenario import ScenarioState
from drivesim.state.scripts import ScriptState
from drivesim.state.weather import WeatherState, clear_weather


class WorldState(NamedTuple):
    """All that changes in a batch of worlds."""

    worlds: WorldRecord
    conditions: ConditionState
    weather: WeatherState
    actors: ActorState
    drivers: DriverState
    actuators: ActuatorState
    held: HeldState
    plan: PlanState
    labels: LabelState
    navigation: NavigationState
    episode: EpisodeState
    events: EventState
    scripts: ScriptState
    lights: LightState
    scenario: ScenarioState
    junctions: JunctionState
    people: PeopleState


def allocate_state(
    *,
    world: int,
    slot: int,
    driver: int = 1,
    event: int = len(Event),
    term: int = len(RewardTerm),
    script: int = 1,
    knot: int = 1,
    asked: int = 1,
    light: int = 1,
    walker: int = 1,
    user: int = 0,
    bend: int = 1,
    occasion: int = 0,
) -> WorldState:
    """Zeroed state of `world` worlds with `slot` road users each; driver d steers slot d."""
    sizes = {
        "world": world, "slot": slot, "driver": driver, "event": event, "term": term, "script": script, "knot": knot,
        "asked": asked, "light": light, "walker": walker, "user": user, "bend": bend, "occasion": occasion,
    }  # fmt: skip
    groups = get_type_hints(WorldState)
    state = WorldState(**{name: allocate(group, sizes) for name, group in groups.items()})
    clear_weather(state.weather)
    state.actors.driver[:] = -1
    state.junctions.across[:] = state.junctions.cleared[:] = -1
    state.people.path[:] = state.people.next_path[:] = state.people.crossing[:] = -1
    state.actors.speed_max[:] = np.inf
    state.actors.driver[:, :driver] = state.drivers.slot[:] = np.arange(driver)
    return state
