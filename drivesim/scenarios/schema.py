"""What a situation is: one variant as frozen, checked dataclasses. SI units; names are OpenSCENARIO's where it has one.

Places are given along the first driver's route from its start, and to its left. A situation file may put numbers and
names of its parameters anywhere, see `parameters`.
"""

import math
from dataclasses import dataclass, fields
from typing import Any

from drivesim.config import WEATHER_PRESETS
from drivesim.config.simulation import USER_COUNTS
from drivesim.errors import ConfigError, check_choice, check_integer, check_range
from drivesim.scenarios.roads import RoadConfig
from drivesim.semantics import LightColor

USERS_MAX, EVENTS_MAX, CONDITIONS_MAX, KNOTS_MAX = 32, 64, 4, 64
CONDITIONS = (
    "simulation_time", "time_to_position", "reach_position", "relative_distance", "time_headway", "time_to_collision",
    "speed", "stand_still", "event",
)  # fmt: skip
"""Types of conditions, in the order of `state.scenario.ConditionType`."""
AT_LEAST = ("simulation_time", "reach_position", "stand_still", "event")
"""Types that are met from their value upwards where no rule is given."""
ACTIONS = ("speed", "offset", "appear", "vanish", "hold_lights", "end")
"""Types of actions, in the order of `state.scenario.ActionType`."""
FAR = 1e5
_STREET = RoadConfig()


def _finite(name: str, value: float) -> None:
    if not math.isfinite(value) or abs(value) > FAR:
        raise ConfigError(f"{name}: expected a number within +-{FAR:g}, got {value!r}")


@dataclass(frozen=True, kw_only=True)
class EgoConfig:
    """The first driver's car when the situation begins."""

    route: int = 0
    """Route by its number on the map."""
    along_m: float = 0.0
    """Rear axle along the route [m]."""
    left_m: float = 0.0
    """Left of its lane's centre [m]."""
    speed_m_s: float = 0.0
    """[m/s]"""
    cruise_m_s: float = 0.0
    """Speed that a driver wants while nothing is in the way [m/s]; 0: what the limit says."""
    length_m: float = 0.0
    """Body [m]; 0: the car's own."""
    width_m: float = 0.0
    height_m: float = 0.0
    rear_m: float = 0.0
    """Rear bumper behind the rear axle [m]."""

    def __post_init__(self) -> None:
        """Checks every field."""
        check_integer("ego.route", self.route, 0, 100_000)
        for field in fields(self)[1:3]:
            _finite(f"ego.{field.name}", getattr(self, field.name))
        for field in fields(self)[3:]:
            check_range(f"ego.{field.name}", getattr(self, field.name), 0.0, 100.0)


@dataclass(frozen=True, kw_only=True)
class UserConfig:
    """A scripted road user."""

    name: str
    """What events call it."""
    kind: str
    """Kind of road user."""
    along_m: float = 0.0
    """Rear axle along the route [m]; with a `path`, how far along that it begins."""
    left_m: float = 0.0
    """Left of the route [m]; with a path unused."""
    speed_m_s: float = 0.0
    """[m/s]"""
    against: bool = False
    """It faces against the route."""
    path: tuple[tuple[float, float], ...] = ()
    """Straight lines that it follows with its rear axle [m]: points along and left of the route, or x, y."""
    in_world: bool = False
    """`path` is in the world frame."""
    hidden: bool = False
    """It is not there until an event makes it appear."""
    length_m: float = 0.0
    """Body [m]; 0: drawn as of its kind."""
    width_m: float = 0.0
    height_m: float = 0.0
    rear_m: float = 0.0
    """Rear end behind the rear axle [m]."""

    def __post_init__(self) -> None:
        """Checks every field but the kind, which depends on what kinds there are."""
        if not self.name.isidentifier() or self.name == "ego":
            raise ConfigError(f"users: expected an identifier other than 'ego' as name, got {self.name!r}")
        where = f"users[{self.name}]"
        for name in ("along_m", "left_m"):
            _finite(f"{where}.{name}", getattr(self, name))
        for name in ("speed_m_s", "length_m", "width_m", "height_m", "rear_m"):
            check_range(f"{where}.{name}", getattr(self, name), 0.0, 100.0)
        if len(self.path) == 1 or len(self.path) > KNOTS_MAX:
            raise ConfigError(f"{where}.path: expected none or 2 to {KNOTS_MAX} points, got {len(self.path)}")
        for point in self.path:
            _finite(f"{where}.path", point[0])
            _finite(f"{where}.path", point[1])
        for a, b in zip(self.path, self.path[1:], strict=False):
            if a == b:
                raise ConfigError(f"{where}.path: expected points that differ, got {a} twice")


@dataclass(frozen=True, kw_only=True)
class ConditionConfig:
    """What has to be so for an event to begin."""

    type: str
    """One of `CONDITIONS`."""
    value: float = 0.0
    """simulation_time: since the episode began [s]. time_to_position: of the entity's front to `position_m` at its
    speed [s]. reach_position: of its front along the route [m]. relative_distance: bumper gap to `of` [m].
    time_headway: that over the entity's speed [s]. time_to_collision: over the closing speed [s]. speed [m/s].
    stand_still: so long [s]. event: since `event` began [s]."""
    rule: str = ""
    """less or greater, or equal in both cases; empty: less, but greater for times, places and events."""
    entity: str = "ego"
    """Whose."""
    of: str = ""
    """The other party of relative_distance, time_headway and time_to_collision."""
    position_m: float = 0.0
    """Place along the route [m]."""
    event: str = ""
    """Name of another event."""

    def __post_init__(self) -> None:
        """Checks what the type needs."""
        check_choice("condition.type", self.type, CONDITIONS)
        _finite("condition.value", self.value)
        _finite("condition.position_m", self.position_m)
        if self.rule:
            check_choice("condition.rule", self.rule, ("less", "greater"))
        needs_other = self.type in ("relative_distance", "time_headway", "time_to_collision")
        if needs_other != bool(self.of):
            raise ConfigError(f"condition.of: {'names the other party' if needs_other else 'means nothing'} in a "
                              f"{self.type}, got {self.of!r}")  # fmt: skip
        if (self.type == "event") != bool(self.event):
            raise ConfigError(f"condition.event: expected the name of an event in an 'event' alone, got {self.event!r}")


@dataclass(frozen=True, kw_only=True)
class ActionConfig:
    """What an event does."""

    type: str
    """One of `ACTIONS`."""
    user: str = ""
    """Road user that it is about."""
    speed_m_s: float = 0.0
    """speed: to this [m/s]."""
    rate_m_s2: float = 0.0
    """speed: as fast as this [m/s^2]; all three 0: at once."""
    time_s: float = 0.0
    """speed, offset: within this time [s]."""
    distance_m: float = 0.0
    """speed: on this way [m]."""
    left_m: float = 0.0
    """offset: to this place left of the route [m]."""
    lateral_speed_m_s: float = 0.0
    """offset: at this speed [m/s], instead of a time."""
    smooth: bool = False
    """offset: begins and ends gently instead of at a constant speed."""
    color: str = ""
    """hold_lights: what the next light on the route shows."""
    others: str = ""
    """hold_lights: what all other lights of the map show; empty: their programme."""

    def __post_init__(self) -> None:
        """Checks what the type needs."""
        check_choice("action.type", self.type, ACTIONS)
        if (self.type in ACTIONS[:4]) != bool(self.user):
            raise ConfigError(f"action.user: expected a road user's name in {ACTIONS[:4]} alone, got {self.user!r}")
        for name in ("speed_m_s", "rate_m_s2", "time_s", "distance_m", "lateral_speed_m_s"):
            check_range(f"action.{name}", getattr(self, name), 0.0, FAR)
        _finite("action.left_m", self.left_m)
        if sum(value > 0.0 for value in (self.rate_m_s2, self.time_s, self.distance_m, self.lateral_speed_m_s)) > 1:
            raise ConfigError(
                "action: expected one of rate_m_s2, time_s, distance_m and lateral_speed_m_s, got several"
            )
        if self.type == "hold_lights" and not self.color and not self.others:
            raise ConfigError("action.color: expected a colour in a hold_lights")
        for name in ("color", "others"):
            if getattr(self, name):
                check_choice(f"action.{name}", getattr(self, name), [color.name.lower() for color in LightColor])


@dataclass(frozen=True, kw_only=True)
class EventConfig:
    """Something that happens once, when its conditions are met."""

    action: ActionConfig
    name: str = ""
    """What other events call it."""
    all: tuple[ConditionConfig, ...] = ()
    """All of these have to be met; with neither `all` nor `any` it happens at the start."""
    any: tuple[ConditionConfig, ...] = ()
    """One of these has to be met."""

    def __post_init__(self) -> None:
        """Checks that there is one list of conditions."""
        if self.all and self.any:
            raise ConfigError("event: expected conditions in 'all' or in 'any', got both")
        if len(self.conditions) > CONDITIONS_MAX:
            raise ConfigError(f"event: expected at most {CONDITIONS_MAX} conditions, got {len(self.conditions)}")

    @property
    def conditions(self) -> tuple[ConditionConfig, ...]:
        """All conditions."""
        return self.all or self.any


@dataclass(frozen=True, kw_only=True)
class ScoreConfig:
    """How a drive is scored."""

    type: str = "success"
    """success: 1 where the driver reaches the end without a fault. speed_reduction: the share of the test's speed that
    is gone at the impact, max(0, 1 - v_impact / reference)."""
    reference_m_s: float = 0.0
    """Speed of the impact that a driver who does nothing would have [m/s]."""

    def __post_init__(self) -> None:
        """Checks the type and its reference."""
        check_choice("score.type", self.type, ("success", "speed_reduction"))
        if self.type == "speed_reduction":
            check_range("score.reference_m_s", self.reference_m_s, 0.1, 100.0)


@dataclass(frozen=True, kw_only=True)
class Variant:
    """One situation with all parameters set."""

    scenario: str
    """Name of its scenario."""
    family: str = ""
    """Group that it is reported with; empty: the scenario's name."""
    values: tuple[tuple[str, float | str], ...] = ()
    """Its parameters by name."""
    road: RoadConfig = _STREET
    ego: EgoConfig = EgoConfig()
    users: tuple[UserConfig, ...] = ()
    events: tuple[EventConfig, ...] = ()
    end: tuple[EventConfig, ...] = ()
    """Rules that end it well."""
    weather: str = ""
    """Name of a weather; empty: a clear noon."""
    friction: float = 0.0
    """Of the road; 0: the car's config's."""
    car_count: int = 0
    """Cars of traffic around the driver."""
    pedestrian_count: int = 0
    """People on foot around it, where the map has footpaths."""
    cyclist_count: int = 0
    parked_count: int = 0
    """Parked cars around it, where the map has bays."""
    time_limit_s: float = 0.0
    """After which it is cut off [s]; 0: as the task says."""
    score: ScoreConfig = ScoreConfig()

    def __post_init__(self) -> None:
        """Checks names, counts and references between the parts."""
        if self.weather:
            check_choice("weather", self.weather, WEATHER_PRESETS)
        for name in USER_COUNTS:
            check_integer(name, getattr(self, name), 0, 255)
        check_range("friction", self.friction, 0.0, 2.0)
        check_range("time_limit_s", self.time_limit_s, 0.0, 3600.0)
        for name, entries, most in (("users", self.users, USERS_MAX), ("events", self.all_events, EVENTS_MAX)):
            if len(entries) > most:
                raise ConfigError(f"{name}: expected at most {most}, got {len(entries)}")
        users = [user.name for user in self.users]
        events = [event.name for event in self.all_events if event.name]
        for what, names in (("users", users), ("events", events)):
            for name in names:
                if names.count(name) > 1:
                    raise ConfigError(f"{what}: name {name!r} is taken twice")
        for event in self.all_events:
            if event.action.user:
                check_choice("action.user", event.action.user, users)
            for condition in event.conditions:
                check_choice("condition.entity", condition.entity, ["ego", *users])
                if condition.of:
                    check_choice("condition.of", condition.of, ["ego", *users])
                if condition.event:
                    check_choice("condition.event", condition.event, events)

    @property
    def all_events(self) -> tuple[EventConfig, ...]:
        """Events and the rules that end the situation."""
        return (*self.events, *self.end)

    @property
    def title(self) -> str:
        """Name for people: the scenario and its parameters."""
        values = ", ".join(
            f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}" for name, value in self.values
        )
        return f"{self.scenario} ({values})" if values else self.scenario


SCENARIO_KEYS: dict[str, Any] = {"name": str, "description": str, "parameters": dict, "rows": list, "let": dict}
"""Keys of a scenario in a file besides those of a `Variant`."""
