"""From variants to the tables that kernels read."""

from collections.abc import Sequence

import numpy as np

from drivesim.scenarios.load import ScenarioSet
from drivesim.scenarios.schema import ACTIONS, AT_LEAST, CONDITIONS, ActionConfig, ConditionConfig, Variant
from drivesim.semantics import LightColor
from drivesim.state.kinds import RoadUserKind, kind_number
from drivesim.state.scenario import EGO, Dynamics, Frame, ScenarioArrays
from drivesim.state.weather import WeatherValue


def scenario_arrays(scenarios: ScenarioSet, kinds: Sequence[RoadUserKind]) -> ScenarioArrays:
    """The tables of a set.

    Args:
        scenarios: All its variants, in the order of the rows.
        kinds: Kinds of road user; kind number i is entry i - 1.

    Raises:
        ConfigError: A road user is of no such kind; the nearest name is given.
    """
    variants = scenarios.variants
    count = len(variants)
    users = max(len(variant.users) for variant in variants)
    occasions = max(len(variant.all_events) for variant in variants)
    knots = max((len(user.path) for variant in variants for user in variant.users), default=1)
    conditions = max((len(event.conditions) for variant in variants for event in variant.all_events), default=1)
    f, i, b = np.float32, np.int32, np.bool_
    numbers = {road: number for number, road in enumerate(scenarios.roads.roads)}
    arrays = ScenarioArrays(
        map=np.array([numbers[variant.road] for variant in variants], i),
        route=np.array([variant.ego.route for variant in variants], i),
        time_limit=np.array([variant.time_limit_s for variant in variants], f),
        ego=np.zeros((count, 8), f),
        kind=np.zeros((count, users), i),
        frame=np.zeros((count, users), i),
        start=np.zeros((count, users, 4), f),
        hidden=np.zeros((count, users), b),
        body=np.zeros((count, users, 4), f),
        knot=np.zeros((count, users, max(knots, 1), 2), f),
        knot_count=np.zeros((count, users), i),
        event_count=np.array([len(variant.all_events) for variant in variants], i),
        any_of=np.zeros((count, occasions), b),
        condition_count=np.zeros((count, occasions), i),
        condition=np.zeros((count, occasions, max(conditions, 1), 4), i),
        threshold=np.zeros((count, occasions, max(conditions, 1), 2), f),
        action=np.zeros((count, occasions, 6), i),
        amount=np.zeros((count, occasions, 2), f),
        weather=np.zeros((max(len(scenarios.event_weathers), 1), len(WeatherValue)), f),
    )
    for row, variant in enumerate(variants):
        _write_users(arrays, row, variant, kinds)
        _write_events(arrays, row, variant, scenarios.event_weathers)
    return arrays


def _write_users(arrays: ScenarioArrays, row: int, variant: Variant, kinds: Sequence[RoadUserKind]) -> None:
    ego = variant.ego
    arrays.ego[row] = (
        ego.along_m, ego.left_m, ego.speed_m_s, ego.cruise_m_s, ego.length_m, ego.width_m, ego.height_m, ego.rear_m
    )  # fmt: skip
    for column, user in enumerate(variant.users):
        arrays.kind[row, column] = kind_number(user.kind, kinds)
        has_path = bool(user.path)
        arrays.frame[row, column] = (
            (Frame.WORLD_PATH if user.in_world else Frame.ROUTE_PATH) if has_path else Frame.ROUTE
        )
        arrays.start[row, column] = user.along_m, user.left_m, user.speed_m_s, -1.0 if user.against else 1.0
        arrays.hidden[row, column] = user.hidden
        arrays.body[row, column] = user.length_m, user.width_m, user.height_m, user.rear_m
        arrays.knot_count[row, column] = len(user.path)
        if has_path:
            arrays.knot[row, column, : len(user.path)] = user.path


def _write_events(arrays: ScenarioArrays, row: int, variant: Variant, weathers: Sequence[str]) -> None:
    users = {"ego": EGO, **{user.name: number for number, user in enumerate(variant.users)}}
    events = {event.name: number for number, event in enumerate(variant.all_events)}
    for column, event in enumerate(variant.all_events):
        arrays.any_of[row, column] = bool(event.any)
        arrays.condition_count[row, column] = len(event.conditions)
        for number, condition in enumerate(event.conditions):
            arrays.condition[row, column, number] = _condition(condition, users, events)
            arrays.threshold[row, column, number] = condition.value, condition.position_m
        arrays.action[row, column], arrays.amount[row, column] = _action(event.action, users, weathers)


def _condition(condition: ConditionConfig, users: dict[str, int], events: dict[str, int]) -> tuple[int, ...]:
    at_least = condition.rule == "greater" if condition.rule else condition.type in AT_LEAST
    other = users[condition.of] if condition.of else events.get(condition.event, 0)
    return CONDITIONS.index(condition.type), int(at_least), users[condition.entity], other


def _action(
    action: ActionConfig, users: dict[str, int], weathers: Sequence[str]
) -> tuple[tuple[int, ...], tuple[float, float]]:
    user = users[action.user] if action.user else EGO
    mode, goal, amount = 0, action.speed_m_s, action.rate_m_s2
    if action.type == "speed":
        mode = Dynamics.RATE
        if action.time_s > 0.0:
            mode, amount = Dynamics.TIME, action.time_s
        elif action.distance_m > 0.0:
            mode, amount = Dynamics.DISTANCE, action.distance_m
    elif action.type == "offset":
        goal, amount, mode = action.left_m, action.time_s, int(action.smooth)
        if action.lateral_speed_m_s > 0.0:
            amount = -action.lateral_speed_m_s
    elif action.type == "weather":
        amount = action.time_s
    weather = weathers.index(action.weather) if action.weather else 0
    colors = [LightColor[name.upper()] if name else -1 for name in (action.color, action.others)]
    return (ACTIONS.index(action.type), user, mode, weather, *colors), (goal, amount)
