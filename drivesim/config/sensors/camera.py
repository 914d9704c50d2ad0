"""The camera's config."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from drivesim.config.sensors.base import Channel, SensorConfig
from drivesim.errors import ConfigError, check_choice, check_integer, check_range

CAMERA_CHANNELS = ("rgb", "depth", "semantic", "instance", "flow")
LENSES = ("pinhole", "fisheye")
EXPOSURES = ("fixed", "auto")
EXPOSURE_REFERENCE_S = 0.01
"""Exposed for so long with a gain of 1, a clear noon is as bright as it is drawn [s]."""
FOV_MAX_DEG = {"pinhole": 170.0, "fisheye": 190.0}
_FOLD_STEPS = 64
_DISTORTION_SIZES = {"pinhole": (0, 4, 5, 8), "fisheye": (0, 4)}


@dataclass(frozen=True, kw_only=True)
class CameraConfig(SensorConfig):
    """A camera on the car: a lens, and what happens behind it. Without a word about the device it is a perfect one.

    Lens and sensor are OpenCV's: fx, fy, the principal point, and Brown-Conrady or Kannala-Brandt distortion. A level
    camera with square pixels and no distortion is drawn by a faster path than all others.
    """

    type: str = "camera"
    """Kind of sensor; selects this config in a `sensors` list."""
    name: str = "camera"
    """Observation key of the colour picture; other channels arrive as `<name>_<channel>`."""
    width: int = 128
    """Picture width [px]."""
    height: int = 64
    """Picture height [px]."""
    lens: str = "pinhole"
    """pinhole, or fisheye (Kannala and Brandt 2006): a picture point lies theta (1 + k1 theta^2 + ...) times the focal
    length from the principal point, theta the angle between ray and optical axis."""
    fov_deg: float = 90.0
    """Horizontal field of view of a centred picture of this width [deg], at most 170, or 190 through a fisheye; without
    distortion for a pinhole: focal = width / (2 tan(fov / 2))."""
    focal_px: tuple[float, ...] = ()
    """Focal length instead of `fov_deg` [px]: one for square pixels, or fx and fy."""
    principal_x: float = 0.5
    """Principal point, as a fraction of the width."""
    principal_y: float = 0.375
    """Principal point, as a fraction of the height: a lens shift that keeps the camera level and the sky small."""
    distortion: tuple[float, ...] = ()
    """OpenCV's coefficients: k1, k2, p1, p2[, k3[, k4, k5, k6]] of a pinhole, k1 to k4 of a fisheye."""
    x_m: float = 1.7
    """Position ahead of the rear axle [m] (nuScenes CAM_FRONT)."""
    z_m: float = 1.51
    """Height above the ground [m] (nuScenes CAM_FRONT)."""
    pitch_deg: float = 0.0
    """Nose-down tilt [deg]; other than 0 the slower ray path renders."""
    roll_deg: float = 0.0
    """Clockwise roll seen from behind the camera [deg]; other than 0 the slower ray path renders."""
    channels: tuple[str, ...] = ("rgb",)
    """Any of rgb, depth [m along the optical axis; along the ray of a fisheye], semantic (CARLA ids), instance, flow
    [px since the control step before]. What the device does shows in rgb alone."""
    range_m: float = 150.0
    """Upright things farther than this are not drawn [m]."""
    vignetting: float = 0.0
    """Share of the natural fall-off towards the corners, cos^4 of the angle to the optical axis: 0 to 1."""
    exposure: str = "fixed"
    """fixed: `exposure_s` and `gain` as they are; auto: led by the mean brightness of the picture, exposure first."""
    exposure_s: float = EXPOSURE_REFERENCE_S
    """Fixed exposure time [s]; a clear noon is as bright as it is drawn at 0.01."""
    exposure_max_s: float = 0.03
    """Longest automatic exposure time [s]."""
    exposure_lag_s: float = 0.3
    """Time in which automatic exposure makes up for all but 1/e of a change, in stops [s]; 0: at once."""
    gain: float = 1.0
    """Fixed amplification; noise grows with it."""
    gain_max: float = 8.0
    """Greatest automatic amplification."""
    motion_blur: bool = False
    """What moves across the picture during the exposure is smeared along its way."""
    readout_s: float = 0.0
    """Rolling shutter: time from the first to the last row, whose middle is the time of the frame [s]."""
    shot_noise: float = 0.0
    """a of var(I) = a I + b, I the linear light from 0 to 1 before amplification (about 1e-4 by day)."""
    read_noise: float = 0.0
    """b of var(I) = a I + b (about 1e-6)."""
    white_balance: tuple[float, float, float] = (1.0, 1.0, 1.0)
    """Gains of linear red, green and blue: a colour cast where they do not fit the light."""
    jpeg_quality: int = 0
    """Compresses and decompresses the picture, 1 to 100; 0: not at all."""

    def __post_init__(self) -> None:
        """Checks every field."""
        super().__post_init__()
        check_integer("CameraConfig.width", self.width, 4, 4096)
        check_integer("CameraConfig.height", self.height, 4, 4096)
        check_choice("CameraConfig.lens", self.lens, LENSES)
        check_range("CameraConfig.fov_deg", self.fov_deg, 1.0, FOV_MAX_DEG[self.lens])
        check_range("CameraConfig.principal_x", self.principal_x, -1.0, 2.0)
        check_range("CameraConfig.principal_y", self.principal_y, -1.0, 2.0)
        check_range("CameraConfig.z_m", self.z_m, 0.1, 20.0)
        check_range("CameraConfig.range_m", self.range_m, 10.0, 1000.0)
        if not self.channels:
            raise ConfigError("CameraConfig.channels: expected at least one channel, got none")
        for channel in self.channels:
            check_choice("CameraConfig.channels", channel, CAMERA_CHANNELS)
        if len(set(self.channels)) != len(self.channels):
            raise ConfigError(f"CameraConfig.channels: repeated channel in {self.channels}")
        self._check_lens()
        self._check_device()

    def _check_lens(self) -> None:
        sizes = _DISTORTION_SIZES[self.lens]
        if len(self.distortion) not in sizes:
            expected = " or ".join(str(size) for size in sizes)
            raise ConfigError(
                f"CameraConfig.distortion: expected {expected} numbers for a {self.lens}, got {len(self.distortion)}"
            )
        for number in self.distortion:
            check_range("CameraConfig.distortion", number, -1e3, 1e3)
        if len(self.focal_px) > 2:
            raise ConfigError(f"CameraConfig.focal_px: expected one or two numbers, got {self.focal_px!r}")
        for number in self.focal_px:
            check_range("CameraConfig.focal_px", number, 1.0, 1e6)
        if self.lens == "fisheye" and not self.focal_px:
            half = math.radians(self.fov_deg) / 2.0
            spreads = [self._spread(half * step / _FOLD_STEPS) for step in range(_FOLD_STEPS + 1)]
            if any(wider <= spread for spread, wider in pairwise(spreads)):
                raise ConfigError(
                    f"CameraConfig.distortion: {self.distortion} folds a field of view of {self.fov_deg:g} deg onto "
                    f"itself; give a smaller fov_deg, or focal_px"
                )

    def _spread(self, theta: float) -> float:
        """Distance from the principal point, in focal lengths, of a fisheye's ray at an angle to the axis [rad]."""
        return theta * (1.0 + sum(k * theta ** (2 * i + 2) for i, k in enumerate(self.distortion)))

    def _check_device(self) -> None:
        check_range("CameraConfig.vignetting", self.vignetting, 0.0, 1.0)
        check_choice("CameraConfig.exposure", self.exposure, EXPOSURES)
        check_range("CameraConfig.exposure_s", self.exposure_s, 1e-6, 1.0)
        check_range("CameraConfig.exposure_max_s", self.exposure_max_s, 1e-6, 1.0)
        check_range("CameraConfig.exposure_lag_s", self.exposure_lag_s, 0.0, 60.0)
        check_range("CameraConfig.gain", self.gain, 0.01, 1000.0)
        check_range("CameraConfig.gain_max", self.gain_max, 1.0, 1000.0)
        check_range("CameraConfig.readout_s", self.readout_s, 0.0, 0.1)
        check_range("CameraConfig.shot_noise", self.shot_noise, 0.0, 1.0)
        check_range("CameraConfig.read_noise", self.read_noise, 0.0, 1.0)
        check_integer("CameraConfig.jpeg_quality", self.jpeg_quality, 0, 100)
        if not isinstance(self.motion_blur, bool):
            raise ConfigError(f"CameraConfig.motion_blur: expected True or False, got {self.motion_blur!r}")
        if len(self.white_balance) != 3:
            raise ConfigError(f"CameraConfig.white_balance: expected three gains, got {self.white_balance!r}")
        for gain in self.white_balance:
            check_range("CameraConfig.white_balance", gain, 0.0, 100.0)

    @property
    def focal(self) -> tuple[float, float]:
        """Focal lengths (fx, fy) [px]; px per radian at the centre of a fisheye."""
        if self.focal_px:
            return self.focal_px[0], self.focal_px[-1]
        half = math.radians(self.fov_deg) / 2.0
        if self.lens == "fisheye":
            focal = self.width / (2.0 * self._spread(half))
        else:
            focal = self.width / (2.0 * math.tan(half))
        return focal, focal

    @property
    def principal_px(self) -> tuple[float, float]:
        """Principal point (x, y) [px]; pixel (u, v) has its centre at (u + 0.5, v + 0.5), for OpenCV at (u, v)."""
        return self.principal_x * self.width, self.principal_y * self.height

    @property
    def is_rectilinear(self) -> bool:
        """Straight lines stay straight, and pixels are square."""
        return self.lens == "pinhole" and not any(self.distortion) and self.focal[0] == self.focal[1]

    @property
    def is_level(self) -> bool:
        """True where the column path applies: no pitch, no roll, no distortion, square pixels."""
        return self.pitch_deg == 0.0 and self.roll_deg == 0.0 and self.is_rectilinear

    @property
    def needs_flow(self) -> bool:
        """Something asks how far each pixel has moved."""
        return "flow" in self.channels or ("rgb" in self.channels and (self.motion_blur or self.readout_s > 0.0))

    @property
    def is_perfect(self) -> bool:
        """The device changes nothing."""
        return "rgb" not in self.channels or (
            self.exposure == "fixed" and self.exposure_s * self.gain == EXPOSURE_REFERENCE_S
            and self.vignetting == self.readout_s == self.shot_noise == self.read_noise == self.jpeg_quality == 0
            and not self.motion_blur and tuple(self.white_balance) == (1.0, 1.0, 1.0)
        )  # fmt: skip

    def key(self, channel: str) -> str:
        """Observation key of a channel."""
        return self.name if channel == "rgb" else f"{self.name}_{channel}"

    def measured(self) -> tuple[Channel, ...]:
        """Its pictures, row 0 at the top."""
        return tuple(self._channel(name) for name in self.channels)

    def _channel(self, name: str) -> Channel:
        dtype, depth, low, high, unit, doc = _CAMERA_PIXELS[name]
        if name == "depth" and self.lens == "fisheye":
            doc = "Along the ray; 1000 for the sky, ground beyond 1000 m and what no ray reaches."
        return Channel(
            name=name, key=self.key(name), dtype=dtype, shape=(self.height, self.width, *depth), low=low, high=high,
            unit=unit, frame="picture (row, column)", doc=doc,
        )  # fmt: skip


_CAMERA_PIXELS: dict[str, tuple[str, tuple[int, ...], float, float, str, str]] = {
    "rgb": ("uint8", (3,), 0.0, 255.0, "-", "Colour."),
    "depth": ("float32", (), 0.0, 1000.0, "m", "Along the optical axis; 1000 for the sky and ground beyond 1000 m."),
    "semantic": ("uint8", (), 0.0, 28.0, "-", "CARLA >= 0.9.14 ids, `semantics.Semantic`."),
    "instance": (
        "uint16", (), 0.0, 65535.0, "-", "0 nothing, slot + 1 a road user, from 256 up scenery; never the ego.",
    ),
    "flow": (
        "float32", (2,), -math.inf, math.inf, "px",
        "Right and down, from here to where the same point was one control step before.",
    ),
}  # fmt: skip
"""Of each channel of a camera: type, shape of a pixel, least and greatest value, unit and meaning."""


def telephoto(*, width: int = 128, height: int = 32, fov_deg: float = 20.0) -> CameraConfig:
    """A camera of small field of view beside the front camera, for what is far ahead; its key is `camera_tele`."""
    return CameraConfig(name="camera_tele", width=width, height=height, fov_deg=fov_deg, principal_y=0.4)


def cameras_of(sensors: Iterable[SensorConfig]) -> tuple[CameraConfig, ...]:
    """The cameras among sensors, in their order."""
    return tuple(sensor for sensor in sensors if isinstance(sensor, CameraConfig))
