"""Which weather each world has: the one given to it, else one of the config's, drawn for every episode."""

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np

from drivesim.config import WEATHER_PRESETS, AnyWeather, WeatherChangeConfig
from drivesim.errors import ConfigError
from drivesim.rng import Purpose
from drivesim.state import WorldState
from drivesim.state.weather import WeatherOrigin, WeatherState, clear_weather
from drivesim.world.draws import drawn
from drivesim.world.weather import VISIBILITY, weather_values

_FAR_M = 10_000.0
"""Visibilities above this are not worth a word [m]."""
GivenWeather = Sequence[AnyWeather | None]
"""A weather of every world; None where the world goes back to the config's."""


class WeatherRows(NamedTuple):
    """Weathers as rows of the columns of `WeatherState` by the same names."""

    before: np.ndarray
    after: np.ndarray
    start: np.ndarray
    duration: np.ndarray


def weather_rows(weathers: Sequence[AnyWeather]) -> WeatherRows:
    """One row for each weather; the change of one that does not change never begins."""
    ends = [(each.before, each.after) if isinstance(each, WeatherChangeConfig) else (each, each) for each in weathers]
    times = [
        (each.start_s, each.duration_s) if isinstance(each, WeatherChangeConfig) else (np.inf, 0.0) for each in weathers
    ]
    start, duration = np.array(times, np.float32).T
    return WeatherRows(
        before=np.array([weather_values(before) for before, _ in ends]),
        after=np.array([weather_values(after) for _, after in ends]),
        start=start,
        duration=duration,
    )


def choose(weather: WeatherState, worlds: np.ndarray, rows: WeatherRows, row: np.ndarray, origin: int) -> None:
    """Gives each of some worlds the weather of a row, counted from the episode's begin.

    `weather.update_weather` sets the columns that follow from it.

    Args:
        weather: Columns to write.
        worlds: Indices of the worlds, shape (chosen,).
        rows: Weathers.
        row: Row of each world, shape (chosen,).
        origin: `WeatherOrigin`.
    """
    weather.before[worlds], weather.after[worlds] = rows.before[row], rows.after[row]
    weather.start[worlds], weather.duration[worlds] = rows.start[row], rows.duration[row]
    weather.since[worlds], weather.origin[worlds] = 0, origin


class WeatherChoice:
    """Chooses the weather of the worlds of a batch.

    Args:
        weathers: `EnvConfig.weather`.
        state: State of the worlds; the columns of `WeatherState` that say what was chosen are written.
    """

    def __init__(self, weathers: Sequence[AnyWeather], state: WorldState) -> None:
        self._state = state
        self._rows = weather_rows(weathers) if weathers else None

    def give(self, weather: GivenWeather, worlds: np.ndarray) -> None:
        """Gives some worlds theirs.

        Args:
            weather: That of every world of the batch.
            worlds: Indices of those that take it.

        Raises:
            ConfigError: There is not one for every world.
        """
        count = len(self._state.worlds.seed)
        if len(weather) != count:
            raise ConfigError(f"weather: expected {count} weathers, one per world, got {len(weather)}")
        given = [(world, weather[world]) for world in worlds]
        back = [world for world, each in given if each is None]
        if back:
            clear_weather(self._state.weather, np.array(back))
        taken = [(world, each) for world, each in given if each is not None]
        if taken:
            rows = weather_rows([each for _, each in taken])
            numbers = np.arange(len(taken))
            choose(self._state.weather, np.array([world for world, _ in taken]), rows, numbers, WeatherOrigin.GIVEN)

    def draw(self, worlds: np.ndarray) -> None:
        """Draws the config's weather of the present episodes of those worlds that have not been given any."""
        weather, record = self._state.weather, self._state.worlds
        if self._rows is None:
            return
        worlds = worlds[weather.origin[worlds] != WeatherOrigin.GIVEN]
        numbers = drawn(record.seed[worlds], record.episode[worlds], Purpose.WEATHER, len(self._rows.start))
        choose(weather, worlds, self._rows, numbers, WeatherOrigin.CONFIG)


def weather_name(weather: WeatherState, world: int) -> str:
    """A world's weather for people: its presets' names, else what is to be seen of it; empty where nobody chose any."""
    if weather.origin[world] == WeatherOrigin.NONE:
        return ""
    names = _preset_names()
    before, after = (names.get(values[world].tobytes()) for values in (weather.before, weather.after))
    if before is not None and before == after:
        return before
    if before is not None and after is not None:
        return f"{before} to {after}"
    seen = [
        f"{text} {float(value):.3g} {unit}".rstrip()
        for text, value, unit in (
            ("rain", weather.rain_rate[world], "mm/h"),
            ("snow", weather.snow_rate[world], "mm/h"),
            ("snow cover", 100.0 * weather.snow_cover[world], "%"),
            ("clouds", 100.0 * weather.cloudiness[world], "%"),
            ("daylight", 100.0 * weather.daylight[world], "%"),
        )
        if value > 0.0
    ]
    if weather.extinction[world] > VISIBILITY / _FAR_M:
        seen.append(f"visibility {VISIBILITY / weather.extinction[world]:.3g} m")
    return ", ".join(seen)


@cache
def _preset_names() -> dict[bytes, str]:
    return {weather_values(preset).tobytes(): name for name, preset in reversed(WEATHER_PRESETS.items())}
