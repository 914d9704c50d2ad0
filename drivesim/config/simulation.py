"""Configs of the simulated world: map source, car, traffic, task, and the environment that joins them."""

from dataclasses import dataclass, fields
from typing import Any, Protocol, runtime_checkable

from drivesim.config.sensors import (
    SENSOR_TYPES,
    VEHICLE,
    CameraConfig,
    FaultConfig,
    SensorConfig,
    register_fault,
)
from drivesim.config.weather import WeatherChangeConfig, WeatherConfig
from drivesim.errors import ConfigError, check_choice, check_integer, check_range

GENERATORS = ("country_road", "highway", "town")
VEHICLE_MODELS = ("kinematic", "dynamic")
ACTION_TYPES = ("continuous", "discrete")
MAP_SOURCE = "map_count, key and build(index)"
"""Members of a `MapSource`."""
USER_COUNTS = ("car_count", "pedestrian_count", "cyclist_count", "parked_count")
"""Numbers of road users of a `TrafficConfig` that may differ between worlds."""
PARKED_PER_DOOR = 8
"""Parked cars to one door that may be open at a time."""
FRICTION_RANGE = (0.05, 2.0)
"""Friction coefficients that a road may have."""
ACTION_DELAY_S = (0.05, 0.1, 0.15, 0.2, 0.3)
"""By which faults of severity 1 to 5 put off what is done of an action [s]."""
BRAKE_LOSS = (0.1, 0.25, 0.5, 0.75, 0.9)
"""Share of the braking asked for that faults of severity 1 to 5 take away."""

register_fault("steering_delay", VEHICLE, "Steers 50, 100, 150, 200, 300 ms late, rounded up to control steps.")
register_fault("brake_delay", VEHICLE, "Brakes 50, 100, 150, 200, 300 ms late, rounded up to control steps.")
register_fault("brake_loss", VEHICLE, "Brakes 10, 25, 50, 75, 90 % less than asked.")


@runtime_checkable
class MapSource(Protocol):
    """Maps 0 .. map_count - 1 from anywhere; an object like this stands in `EnvConfig.map` as it is.

    One whose maps have lights says how many there are at most on any of them in the attribute `light_count`.
    """

    @property
    def map_count(self) -> int:
        """Number of maps, at least 1."""
        ...

    @property
    def key(self) -> str:
        """Names the maps: sources with the same key build the same maps. Snapshots carry it."""
        ...

    def build(self, index: int) -> Any:
        """The `RoadNetwork` of map `index`, equal for equal indices; asked for in any order and on any thread."""
        ...


@dataclass(frozen=True, kw_only=True)
class MapConfig:
    """Which procedural roads: generator seeds `start .. start + count - 1`."""

    type: str = "procedural"
    """Kind of map source; selects this config. Other sources are objects, see `MapSource`."""
    generator: str = "country_road"
    """country_road (winding, one lane per direction), highway (2-4 lanes per direction, ramps) or town (streets with
    junctions of every kind)."""
    start: int = 0
    """First generator seed. Seeds from 1,000,000 up are held out by convention: evaluation uses them."""
    count: int = 64
    """Number of distinct roads; every episode draws one of them."""
    length_m: float = 500.0
    """Length of a route, about [m]; country roads and highways go on beyond both ends."""

    def __post_init__(self) -> None:
        """Checks every field."""
        check_choice("MapConfig.type", self.type, ("procedural",))
        check_choice("MapConfig.generator", self.generator, GENERATORS)
        check_integer("MapConfig.start", self.start, 0, 2**31 - 1)
        check_integer("MapConfig.count", self.count, 1, 100_000)
        check_range("MapConfig.length_m", self.length_m, 100.0, 5000.0)


@dataclass(frozen=True, kw_only=True)
class MapFileConfig:
    """A map that another tool wrote."""

    type: str = "opendrive"
    """Kind of map source; selects this config."""
    path: str = ""
    """An OpenDRIVE file, .xodr or .xodr.gz."""
    route_length_m: float = 600.0
    """Length of the routes drawn through it, about [m]."""

    def __post_init__(self) -> None:
        """Checks every field."""
        check_choice("MapFileConfig.type", self.type, ("opendrive",))
        check_range("MapFileConfig.route_length_m", self.route_length_m, 50.0, 20_000.0)
        if not self.path:
            raise ConfigError("map: expected an OpenDRIVE file (.xodr or .xodr.gz), as in map='town.xodr', got none")


@dataclass(frozen=True, kw_only=True)
class VehicleConfig:
    """The ego car: CommonRoad vehicle 2 (BMW 320i) behind lagging, rate-limited actuators."""

    model: str = "dynamic"
    """kinematic (CommonRoad KS) or dynamic (CommonRoad ST inside a friction ellipse)."""
    friction: float = 1.0489
    """Road friction coefficient; 1.0489 is the tyre's own on a dry road."""
    steering_max_rad: float = 0.5
    """Front wheel angle commanded by steering = 1 [rad]."""
    throttle_max_m_s2: float = 4.0
    """Acceleration commanded by acceleration = +1 [m/s^2]."""
    brake_max_m_s2: float = 8.0
    """Deceleration commanded by acceleration = -1 [m/s^2]."""
    steering_lag_s: float = 0.05
    """Time constant of the steering actuator [s]."""
    acceleration_lag_s: float = 0.2
    """Time constant of the pedal actuators [s]."""
    faults: tuple[FaultConfig, ...] = ()
    """What is wrong with its actuators; which faults it has at a moment is the label `vehicle_faults`."""

    def __post_init__(self) -> None:
        """Checks every field."""
        check_choice("VehicleConfig.model", self.model, VEHICLE_MODELS)
        check_range("VehicleConfig.friction", self.friction, *FRICTION_RANGE)
        check_range("VehicleConfig.steering_max_rad", self.steering_max_rad, 0.05, 1.066)
        check_range("VehicleConfig.throttle_max_m_s2", self.throttle_max_m_s2, 0.5, 11.5)
        check_range("VehicleConfig.brake_max_m_s2", self.brake_max_m_s2, 0.5, 11.5)
        check_range("VehicleConfig.steering_lag_s", self.steering_lag_s, 0.0, 2.0)
        check_range("VehicleConfig.acceleration_lag_s", self.acceleration_lag_s, 0.0, 2.0)
        for fault in self.faults:
            fault.check_kind("VehicleConfig", VEHICLE)


@dataclass(frozen=True, kw_only=True)
class TrafficConfig:
    """The other cars. Driver parameters are drawn per car around these means (spread: specs, IDM heterogeneity)."""

    car_count: int = 0
    """Other cars kept alive around the ego in every world."""
    pedestrian_count: int = 0
    """People on foot kept alive around the ego, where the map has footpaths."""
    cyclist_count: int = 0
    """Cyclists kept alive around the ego."""
    parked_count: int = 0
    """Parked cars kept around the ego, where the map has parking bays. Some open a door, pull out, and park again."""
    time_headway_s: float = 1.5
    """IDM desired time headway T, mean [s]."""
    min_gap_m: float = 2.0
    """IDM jam distance s0, mean [m]."""
    acceleration_m_s2: float = 1.4
    """IDM maximum acceleration a, mean [m/s^2]."""
    braking_m_s2: float = 2.0
    """IDM comfortable braking b, mean [m/s^2]."""
    speed_deviation: float = 0.1
    """Standard deviation of desired speed over the limit, relative (SUMO speedDev)."""
    politeness: float = 0.2
    """MOBIL politeness p."""
    lane_change_threshold_m_s2: float = 0.2
    """MOBIL advantage needed to change lane [m/s^2]."""
    safe_braking_m_s2: float = 4.0
    """MOBIL: the new follower never has to brake harder than this [m/s^2]."""
    keep_right_bias_m_s2: float = 0.3
    """MOBIL bias towards the right lane [m/s^2]."""
    lane_change_s: float = 4.0
    """Duration of a lane change [s]."""
    truck_share: float = 0.15
    """Share of trucks among the cars; vans 15 %, motorcycles 5 %, the rest passenger cars."""
    bus_share: float = 0.0
    """Share of buses among the cars; they halt at the map's bus stops."""
    emergency_share: float = 0.0
    """Share of police cars, ambulances and fire engines among the cars; most are on call, with blue lamps flashing."""

    def __post_init__(self) -> None:
        """Checks every field."""
        for name in USER_COUNTS:
            check_integer(f"TrafficConfig.{name}", getattr(self, name), 0, 255)
        check_range("TrafficConfig.time_headway_s", self.time_headway_s, 0.5, 5.0)
        check_range("TrafficConfig.min_gap_m", self.min_gap_m, 0.5, 10.0)
        check_range("TrafficConfig.acceleration_m_s2", self.acceleration_m_s2, 0.2, 8.0)
        check_range("TrafficConfig.braking_m_s2", self.braking_m_s2, 0.2, 8.0)
        check_range("TrafficConfig.speed_deviation", self.speed_deviation, 0.0, 0.5)
        check_range("TrafficConfig.politeness", self.politeness, 0.0, 1.0)
        check_range("TrafficConfig.lane_change_threshold_m_s2", self.lane_change_threshold_m_s2, 0.0, 5.0)
        check_range("TrafficConfig.safe_braking_m_s2", self.safe_braking_m_s2, 0.5, 9.0)
        check_range("TrafficConfig.keep_right_bias_m_s2", self.keep_right_bias_m_s2, 0.0, 2.0)
        check_range("TrafficConfig.lane_change_s", self.lane_change_s, 1.0, 10.0)
        check_range("TrafficConfig.truck_share", self.truck_share, 0.0, 0.8)
        check_range("TrafficConfig.bus_share", self.bus_share, 0.0, 0.5)
        check_range("TrafficConfig.emergency_share", self.emergency_share, 0.0, 0.5)

    @property
    def door_count(self) -> int:
        """Doors of parked cars that may be open at a time."""
        return -(-self.parked_count // PARKED_PER_DOOR)


@dataclass(frozen=True, kw_only=True)
class RewardConfig:
    """Weights of the reward terms; each term is reported in `info` under `reward_<name>`."""

    progress: float = 1.0
    """Per metre of route gained."""
    speed: float = 2.0
    """Per second, times speed over limit, at most 1, minus 1: standing costs all of it."""
    lane_centre: float = 0.2
    """Per metre of route gained, times one minus lateral offset over half the lane width, at least 0."""
    comfort: float = -0.5
    """Per second, times the squared jerk and lateral acceleration over the nuPlan comfort bounds, at most 4."""
    success: float = 50.0
    """Once, at the route's end."""
    collision: float = -25.0
    """Once, on contact."""
    off_road: float = -25.0
    """Once, on leaving the road."""
    wrong_way: float = -25.0
    """Once, on driving against the traffic."""

    def __post_init__(self) -> None:
        """Checks every weight."""
        for field in fields(self):
            check_range(f"RewardConfig.{field.name}", getattr(self, field.name), -1e6, 1e6)


@dataclass(frozen=True, kw_only=True)
class TaskConfig:
    """When an episode ends."""

    time_base_s: float = 60.0
    """Time limit: `time_base_s + route length / (time_speed_fraction * limit)` [s]."""
    time_speed_fraction: float = 0.3
    """See `time_base_s`."""
    blocked_s: float = 30.0
    """Standing still (below 0.1 m/s) this long ends the episode [s]."""
    route_deviation_m: float = 0.0
    """Where the goal cannot be reached any more, this much farther may be driven [m]; CARLA's Leaderboard allows 30."""
    off_road_margin_m: float = 0.3
    """A corner of the car may leave the drivable surface by this much [m] (nuPlan drivable-area compliance)."""
    wrong_way_s: float = 1.0
    """Time the car's centre may spend in the oncoming lane, or beyond 120 deg to its lane [s]."""

    def __post_init__(self) -> None:
        """Checks every field."""
        check_range("TaskConfig.time_base_s", self.time_base_s, 0.0, 3600.0)
        check_range("TaskConfig.time_speed_fraction", self.time_speed_fraction, 0.05, 2.0)
        check_range("TaskConfig.blocked_s", self.blocked_s, 1.0, 3600.0)
        check_range("TaskConfig.route_deviation_m", self.route_deviation_m, 0.0, 1000.0)
        check_range("TaskConfig.off_road_margin_m", self.off_road_margin_m, 0.0, 10.0)
        check_range("TaskConfig.wrong_way_s", self.wrong_way_s, 0.0, 60.0)


@dataclass(frozen=True, kw_only=True)
class EnvConfig:
    """Everything that defines an environment. Seeds are no part of it: they go to `reset`."""

    map: MapConfig | MapFileConfig | MapSource = MapConfig()
    """Where it drives."""
    map_memory_mb: int = 4096
    """Memory for maps, shared by the environments of a process that drive on the same ones [MB]; results do not depend
    on it. Maps that worlds stand on stay even where it is too small."""
    vehicle: VehicleConfig = VehicleConfig()
    """What it drives."""
    traffic: TrafficConfig = TrafficConfig()
    """Among whom."""
    task: TaskConfig = TaskConfig()
    """When an episode ends."""
    reward: RewardConfig = RewardConfig()
    """What is rewarded."""
    sensors: tuple[SensorConfig, ...] = (CameraConfig(),)
    """What it senses."""
    weather: tuple[WeatherConfig | WeatherChangeConfig, ...] = ()
    """In what weather; of several each episode draws one. Empty: a clear noon under the map's own sun."""
    action_type: str = "continuous"
    """continuous: steering and acceleration in [-1, 1]; discrete: lane left, idle, lane right, faster, slower."""
    route_point_count: int = 10
    """Points of the `route` observation, 5 m apart."""
    control_rate_hz: int = 10
    """Actions per second [Hz]."""
    physics_substeps: int = 5
    """Integration steps of the ego car per action."""

    def __post_init__(self) -> None:
        """Checks every field, and that no two sensors share a key."""
        if not isinstance(self.map, MapConfig | MapFileConfig | MapSource):
            raise ConfigError(
                f"EnvConfig.map: expected a MapConfig, a MapFileConfig or an object with {MAP_SOURCE}, got {self.map!r}"
            )
        check_integer("EnvConfig.map_memory_mb", self.map_memory_mb, 1, 2**31)
        check_choice("EnvConfig.action_type", self.action_type, ACTION_TYPES)
        check_integer("EnvConfig.route_point_count", self.route_point_count, 1, 100)
        check_integer("EnvConfig.control_rate_hz", self.control_rate_hz, 1, 100)
        check_integer("EnvConfig.physics_substeps", self.physics_substeps, 1, 100)
        kinds = WeatherConfig | WeatherChangeConfig
        if not isinstance(self.weather, tuple) or not all(isinstance(weather, kinds) for weather in self.weather):
            raise ConfigError(f"EnvConfig.weather: expected a tuple of weathers, got {self.weather!r}")
        for sensor in self.sensors:
            check_choice("EnvConfig.sensors", sensor.type, SENSOR_TYPES)
            check_range(f"EnvConfig.sensors: rate_hz of {sensor.name!r}", sensor.rate_hz, 0.0, self.control_rate_hz)
        names = [sensor.name for sensor in self.sensors]
        for name in names:
            if names.count(name) > 1:
                raise ConfigError(f"EnvConfig.sensors: name {name!r} is taken twice; rename a sensor")
        keys = [channel.key for sensor in self.sensors for channel in sensor.delivered()]
        for key in keys:
            if keys.count(key) > 1 or key in ("ego", "route", "command", "turn"):
                raise ConfigError(f"EnvConfig.sensors: observation key {key!r} is taken twice; rename a sensor")

    @property
    def step_s(self) -> float:
        """Duration of one control step [s]."""
        return 1.0 / self.control_rate_hz
