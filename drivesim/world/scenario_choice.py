"""Which world holds which situation: the one chosen for it, else one drawn for every episode."""

from collections.abc import Sequence

import numpy as np

from drivesim.config import WEATHER_PRESETS, AnyWeather, EnvConfig
from drivesim.config.simulation import USER_COUNTS
from drivesim.errors import ConfigError
from drivesim.rng import Purpose
from drivesim.scenarios import ScenarioSet
from drivesim.state import WorldState
from drivesim.state.scenario import ScenarioArrays
from drivesim.world.draws import drawn
from drivesim.world.weather_choice import WeatherChoice


class ScenarioChoice:
    """Chooses the situations of the worlds of a batch.

    Args:
        scenarios: Situations; None where there are none.
        tables: The same as kernels know them.
        state: State of the worlds; `conditions` is written.
        config: What holds where a variant says nothing.
        weather: Takes the weathers of the variants, if any has one.
    """

    def __init__(
        self,
        scenarios: ScenarioSet | None,
        tables: ScenarioArrays,
        state: WorldState,
        config: EnvConfig,
        weather: WeatherChoice,
    ) -> None:
        self._scenarios, self._tables, self._state = scenarios, tables, state
        self._config, self._weather = config, weather

    def choose(
        self,
        worlds: np.ndarray,
        seeds: np.ndarray,
        episodes: np.ndarray,
        variants: Sequence[int] | np.ndarray | None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Gives some worlds their variants, with the weather and the conditions that these ask for.

        Args:
            worlds: Indices of the worlds that begin, shape (chosen,).
            seeds: Their seeds, same shape.
            episodes: Their episodes' numbers, same shape.
            variants: Variant of every world of the batch; -1, or None, draws it.

        Returns:
            Maps and routes of `worlds`, int32.

        Raises:
            ConfigError: There are no situations, or there is not one number for every world, or no such variant.
        """
        if self._scenarios is None:
            raise ConfigError("variants: there are no situations to choose from")
        rows, conditions = self._scenarios.variants, self._state.conditions
        chosen = drawn(seeds, episodes, Purpose.SCENARIO, len(rows))
        if variants is not None:
            wanted = np.asarray(variants)
            if wanted.shape != conditions.variant.shape or wanted.dtype.kind not in "iu":
                raise ConfigError(f"variants: expected {len(conditions.variant)} integers, got {variants!r}")
            if wanted.min() < -1 or wanted.max() >= len(rows):
                raise ConfigError(f"variants: expected numbers from -1 to {len(rows) - 1}, got {wanted.tolist()}")
            chosen = np.where(wanted[worlds] >= 0, wanted[worlds], chosen).astype(np.int32)
        conditions.variant[worlds] = chosen
        conditions.friction[worlds] = [rows[number].friction or self._config.vehicle.friction for number in chosen]
        for name in USER_COUNTS:
            getattr(conditions, name)[worlds] = [getattr(rows[number], name) for number in chosen]
        if any(row.weather for row in rows):
            weathers: list[AnyWeather | None] = [None] * len(conditions.variant)
            for world, number in zip(worlds, chosen, strict=True):
                weathers[world] = WEATHER_PRESETS[rows[number].weather] if rows[number].weather else None
            self._weather.give(weathers, worlds)
        return self._tables.map[chosen], self._tables.route[chosen]
