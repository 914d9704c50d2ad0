"""What can be wrong with a sensor: kinds of fault by the type of sensor, and when one has them."""

from dataclasses import dataclass
from typing import NamedTuple

from drivesim.errors import ConfigError, check_choice, check_integer, check_range

SEVERITY_MAX = 5
ANY_SENSOR = "any"
"""Stands for the type of a fault that every sensor may have."""
VEHICLE = "vehicle"
"""Stands for the type of a fault that the car itself has, which is no sensor."""


class FaultKind(NamedTuple):
    """Something that goes wrong with a type of sensor."""

    name: str
    """What `FaultConfig.kind` says."""
    sensor_type: str
    """Type of the sensors that may have it, or `ANY_SENSOR`."""
    doc: str
    """One line for people: what it does, and what its severities 1 to 5 mean."""


FAULT_KINDS: dict[tuple[str, str], FaultKind] = {}
"""Kinds of fault by sensor type and name. Kinds of a type are numbered in the order in which they were registered."""


def register_fault(name: str, sensor_type: str, doc: str) -> None:
    """Makes a kind of fault known; once per process, beside the config of the sensor that has it.

    Raises:
        ConfigError: The name is no identifier.
    """
    if not name.isidentifier():
        raise ConfigError(f"fault: expected an identifier, got {name!r}")
    FAULT_KINDS[sensor_type, name] = FaultKind(name, sensor_type, doc)


DELIVERY_FAULTS: dict[str, str] = {
    "dead": "Nothing arrives: frames are zeros, time stamps go on; the same at every severity.",
    "frozen": "The frame of when it began arrives again and again, under fresh stamps; the same at every severity.",
    "dropped": "Frames are lost by chance, 17, 33, 50, 67 or 83 % of them; the one before stays and grows old.",
    "late": "Frames arrive 50, 100, 150, 200 or 300 ms later.",
    "jitter": "Frames arrive later by chance, evenly up to 50, 100, 150, 200 or 300 ms; newer ones may overtake.",
    "clock": "Its clock is 10, 20, 50, 100 or 200 ms ahead or behind for the whole episode; needs time stamps.",
}
"""Faults of any sensor on the way to the observation, which `sensors.delivery` does, and what severities mean."""
NEEDS_STAMPS = ("clock",)
"""Faults that nobody could see without time stamps."""

for _name, _doc in DELIVERY_FAULTS.items():
    register_fault(_name, ANY_SENSOR, _doc)


def fault_names(sensor_type: str) -> tuple[str, ...]:
    """Faults that a type of sensor may have, in the order of their numbers: those of every sensor first."""
    owners = (VEHICLE,) if sensor_type == VEHICLE else (ANY_SENSOR, sensor_type)
    return tuple(kind.name for owner in owners for (home, _), kind in FAULT_KINDS.items() if home == owner)


@dataclass(frozen=True, kw_only=True)
class FaultConfig:
    """A fault of a sensor, and when it has it: all the time, for a while, or by chance."""

    kind: str
    """Which one: a name in `FAULT_KINDS` for the sensor's type."""
    severity: int = 3
    """How bad, 1 to 5; what that means is the kind's. 0: drawn once per episode."""
    probability: float = 1.0
    """Of an episode having it at all; drawn once per episode."""
    start_s: float = 0.0
    """It begins this long after the episode does [s]."""
    duration_s: float = 0.0
    """It lasts this long [s]; 0: until the episode ends."""
    bursts_per_s: float = 0.0
    """If not 0, it comes and goes by chance from `start_s` on: it begins this often, and lasts `duration_s` [1/s]."""

    def __post_init__(self) -> None:
        """Checks every field but the kind, which the sensor knows."""
        check_integer("FaultConfig.severity", self.severity, 0, SEVERITY_MAX)
        check_range("FaultConfig.probability", self.probability, 0.0, 1.0)
        check_range("FaultConfig.start_s", self.start_s, 0.0, 3600.0)
        check_range("FaultConfig.duration_s", self.duration_s, 0.0, 3600.0)
        check_range("FaultConfig.bursts_per_s", self.bursts_per_s, 0.0, 100.0)
        if self.bursts_per_s > 0.0 and self.duration_s == 0.0:
            raise ConfigError("FaultConfig.duration_s: expected how long a burst lasts, got 0")

    def check_kind(self, where: str, sensor_type: str, *, is_stamped: bool = True) -> None:
        """Checks that a sensor may have it.

        Args:
            where: Whose config it is in, for the message.
            sensor_type: Type of the sensor.
            is_stamped: The sensor delivers time stamps.

        Raises:
            ConfigError: It may not; the nearest fault that it may have is named.
        """
        check_choice(f"{where}.faults", self.kind, fault_names(sensor_type))
        if self.kind in NEEDS_STAMPS and not is_stamped:
            raise ConfigError(f"{where}.faults: {self.kind!r} shows in time stamps alone, set timestamps to True")
