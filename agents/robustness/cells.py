"""What can be wrong with an agent's sensors, or outside, by words of the command line."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from drivesim.config import (
    DELIVERY_FAULTS,
    SEVERITY_MAX,
    AnyWeather,
    FaultConfig,
    SensorConfig,
    WeatherConfig,
    applicable_faults,
)
from drivesim.errors import ConfigError, hint

OUTAGES_PER_S = 0.1
"""How often a frame freezes, or a sensor dies, for a while [1/s]."""
FREEZE_S = (0.2, 0.4, 0.6, 0.8, 1.0)
"""How long a frame stands still by severity [s]: 2 to 10 frames (Dong et al. 2023, temporal misalignment)."""
OUTAGE_S = (0.5, 1.0, 2.0, 4.0, 0.0)
"""How long a sensor is dead by severity [s]; 0: the whole drive."""
VISIBILITY_M = (600.0, 300.0, 150.0, 75.0, 37.5)
"""In fog by severity [m]: Foggy Cityscapes' three (Sakaridis et al. 2018), and two more that halve on."""
SUN_DEG = (5.0, 0.0, -6.0, -12.0, -18.0)
"""Height of the sun by severity [deg]: low, set, then at the end of civil, nautical and astronomical twilight."""


def _fog(severity: int) -> WeatherConfig:
    return WeatherConfig(cloudiness=80.0, wind_intensity=5.0, visibility_m=VISIBILITY_M[severity - 1])


def _rain(severity: int) -> WeatherConfig:
    share = 100.0 * severity / SEVERITY_MAX
    return WeatherConfig(
        cloudiness=share, precipitation=share, precipitation_deposits=0.9 * share, wind_intensity=share
    )


def _night(severity: int) -> WeatherConfig:
    return WeatherConfig(sun_altitude_angle=SUN_DEG[severity - 1])


def _snow(severity: int) -> WeatherConfig:
    share = 100.0 * severity / SEVERITY_MAX
    return WeatherConfig(cloudiness=90.0, wind_intensity=0.4 * share, snowfall=share, snow_cover=share)


WEATHERS: Mapping[str, Callable[[int], WeatherConfig]] = MappingProxyType(
    {"fog": _fog, "rain": _rain, "night": _night, "snow": _snow}
)
"""Weathers by severity. Rain is 2.5, 7.5, 20, 50, 100 mm/h; the worst is CARLA's HardRainNoon."""
WEATHER = "weather"


class Target(NamedTuple):
    """A fault, and the sensors that have it; or a weather, that all of them are out in."""

    name: str
    """`<type>/<kind>` for all sensors of a type, `<sensor>.<kind>` for one, `weather/<kind>`."""
    kind: str
    sensors: tuple[str, ...]
    """Names of the sensors; none has a weather."""

    def weather(self, severity: int) -> tuple[AnyWeather, ...]:
        """What is driven in; none: a clear noon."""
        return () if self.sensors else (WEATHERS[self.kind](severity),)

    def faults(self, severity: int) -> dict[str, tuple[FaultConfig, ...]]:
        """What the sensors' configs get."""
        return dict.fromkeys(self.sensors, (fault_at(self.kind, severity),))


class Cell(NamedTuple):
    """A fault at a severity."""

    target: Target
    severity: int


def fault_at(kind: str, severity: int) -> FaultConfig:
    """A fault for a whole drive; those of one strength alone come and go, for longer at worse severities."""
    lasts_s = {"frozen": FREEZE_S, "dead": OUTAGE_S}.get(kind, (0.0,) * SEVERITY_MAX)[severity - 1]
    if lasts_s == 0.0:
        return FaultConfig(kind=kind, severity=severity)
    return FaultConfig(kind=kind, severity=severity, bursts_per_s=OUTAGES_PER_S, duration_s=lasts_s)


def targets_of(rig: Sequence[SensorConfig], words: Sequence[str]) -> tuple[Target, ...]:
    """What words ask for, each once.

    Args:
        rig: The agent's sensors.
        words: Of each: a fault (`fog`), a type of sensor (`camera`), a fault of a type (`camera/fog`), a fault of one
            sensor (`camera_tele.dead`), `delivery` for those that any sensor may have, `weather` or one of them
            (`weather/rain`). None: all of every type, and all weathers.

    Raises:
        ConfigError: A word is none of these; the nearest one is named.
    """
    weathers = {target.name: target for target in (Target(f"{WEATHER}/{kind}", kind, ()) for kind in WEATHERS)}
    by_type = {target.name: target for target in _by_type(rig)}
    if not words:
        return (*by_type.values(), *weathers.values())
    everything = by_type | {target.name: target for target in _by_sensor(rig)} | weathers
    groups: dict[str, list[Target]] = {name: [target] for name, target in everything.items()}
    groups[WEATHER] = list(weathers.values())
    for target in by_type.values():
        kind_of_sensor, _, kind = target.name.partition("/")
        for group in (kind, kind_of_sensor, *(("delivery",) if kind in DELIVERY_FAULTS else ())):
            groups.setdefault(group, []).append(target)
    found: dict[str, Target] = {}
    for word in words:
        if word not in groups:
            raise ConfigError(f"robustness: unknown fault {word!r}; {hint(word, groups)}")
        found |= {target.name: target for target in groups[word]}
    return tuple(found.values())


def _by_type(rig: Sequence[SensorConfig]) -> Iterator[Target]:
    for kind_of_sensor in dict.fromkeys(sensor.type for sensor in rig):
        sensors = [sensor for sensor in rig if sensor.type == kind_of_sensor]
        for kind in dict.fromkeys(kind for sensor in sensors for kind in applicable_faults(sensor)):
            names = tuple(sensor.name for sensor in sensors if kind in applicable_faults(sensor))
            yield Target(f"{kind_of_sensor}/{kind}", kind, names)


def _by_sensor(rig: Sequence[SensorConfig]) -> Iterator[Target]:
    for sensor in rig:
        for kind in applicable_faults(sensor):
            yield Target(f"{sensor.name}.{kind}", kind, (sensor.name,))
