"""The contact sheet: what every sensor delivers in every kind of weather, and with every fault, as one picture."""

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np

from agents.watching.args import RecordArgs
from agents.watching.driven_world import DrivenWorld
from agents.watching.progress import progress_bar
from agents.watching.sources import RangeSource, SensorSource, StripSource
from agents.watching.tick import Tick
from drivesim.config import (
    DELIVERY_FAULTS,
    CameraConfig,
    GnssConfig,
    ImuConfig,
    LidarConfig,
    OdometryConfig,
    RadarConfig,
    SensorConfig,
    applicable_faults,
)
from drivesim.errors import ConfigError
from drivesim.render.ink import DIM, WHITE, Box, Ink

COLUMNS = 9
WEATHERS = (
    "ClearNoon", "ClearSunset", "WetCloudyNoon", "HardRainNoon", "FogNoon", "SnowNoon", "DustStorm", "ClearNight",
    "HardRainNight",
)  # fmt: skip
SEVERITY = 4
"""Of the faults that are shown."""
BEFORE_STEPS, AFTER_STEPS = 64, 30
"""Control steps before something is changed, and until the picture is taken."""
DROPPED_BITS = 2
"""Of each colour, that nobody sees: they would double the file."""
_CELL, _GAP, _LEFT, _CAPTION = 152, 6, 74, 17
_PICTURE, _SQUARE, _FLAT = 86, 112, 30
_BACK, _CELL_BACK = (13, 15, 20), (24, 28, 35)
_FISHEYE = "fisheye"


class _Cell(NamedTuple):
    picture: np.ndarray
    caption: str
    note: str = ""


class _Row(NamedTuple):
    title: str
    height: int
    cells: list[_Cell]


def sheet_rig() -> tuple[SensorConfig, ...]:
    """The sensors of the sheet: one of each kind that weather or faults act upon."""
    size: dict[str, Any] = {"width": 2 * _CELL, "height": 2 * _PICTURE}
    return (
        CameraConfig(**size, fov_deg=75.0, principal_y=0.42, timestamps=True),
        CameraConfig(
            name=_FISHEYE, lens="fisheye", fov_deg=180.0, principal_y=0.5, x_m=2.0, z_m=1.3, pitch_deg=14.0, **size
        ),
        LidarConfig(columns=720, channels=("points", "valid", "range")),
        RadarConfig(),
        ImuConfig(),
        GnssConfig(),
        OdometryConfig(),
    )


def write_sheet(args: RecordArgs, *, progress: bool = True) -> Path:
    """Writes the contact sheet and returns its path. The same arguments make the same picture.

    Args:
        args: `sheet` names the file; environment, driver, road and seed are used as for a video.
        progress: Show a progress bar on the terminal's error stream.

    Raises:
        ConfigError: The name does not end in .png.
        OSError: The file cannot be written.
    """
    path = Path(args.sheet or "")
    if path.suffix.lower() != ".png":
        raise ConfigError(f"sheet: expected a name that ends in .png, got {str(path)!r}")
    with progress_bar(progress) as report:
        drive = DrivenWorld(
            env=args.env, agent=args.agent, seed=args.seed, road=args.road, roads=1, held_out=args.held_out,
            report=report, sensors=sheet_rig(),
        )  # fmt: skip
        try:
            picture = draw_sheet(drive, lambda share: report("measuring", share))
        finally:
            drive.close()
    _save(path, picture)
    return path


def draw_sheet(drive: DrivenWorld, report: Callable[[float], None] = lambda share: None) -> np.ndarray:
    """The sheet of a drive with the sensors of `sheet_rig`, RGB uint8, shape (h, w, 3)."""
    drive.begin(0)
    for _ in range(BEFORE_STEPS):
        drive.step()
    saved = drive.save()
    sensors = {sensor.config.name: sensor for sensor in drive.simulation.rig.sensors}
    passes = len(WEATHERS) + max(len(applicable_faults(config)) for config in sheet_rig())
    done = 0

    def after(change: Callable[[], None]) -> Tick:
        nonlocal done
        drive.restore(saved)
        change()
        for _ in range(AFTER_STEPS - 1):
            drive.step()
        done += 1
        report(done / passes)
        return drive.step()

    rows = _weather_rows({name: after(lambda name=name: drive.set_weather(name)) for name in WEATHERS}, sensors)
    drive.set_weather(None)
    return _drawn(
        {
            "Weather": rows,
            f"Faults, severity {SEVERITY} of 5": list(_fault_rows(drive, sensors, after)),
        }
    )


def _weather_rows(ticks: Mapping[str, Tick], sensors: Mapping[str, Any]) -> list[_Row]:
    def cells(paint: Callable[[Tick], np.ndarray], *, named: bool = False) -> list[_Cell]:
        return [_Cell(paint(tick), _spaced(name) if named else "") for name, tick in ticks.items()]

    return [
        _Row("camera", _PICTURE, cells(lambda tick: _camera(sensors["camera"], tick), named=True)),
        _Row("fisheye", _PICTURE, cells(lambda tick: _camera(sensors[_FISHEYE], tick))),
        _Row("lidar", _SQUARE, cells(lambda tick: _lidar(sensors["lidar"], tick))),
        _Row("radar", _SQUARE, cells(lambda tick: _radar(sensors["radar"], tick))),
    ]


def _fault_rows(
    drive: DrivenWorld, sensors: Mapping[str, Any], after: Callable[[Callable[[], None]], Tick]
) -> Iterator[_Row]:
    """Every fault of every kind of sensor; those on the way to the observation, which all share, of the camera."""
    painters: dict[str, Callable[[Any, Tick], np.ndarray]] = {
        "camera": _camera, "lidar": _lidar, "radar": _radar, "imu": _strip, "gnss": _strip, "odometry": _strip,
    }  # fmt: skip
    kinds = {
        name: [
            kind for kind in applicable_faults(sensors[name].config) if name == "camera" or kind not in DELIVERY_FAULTS
        ]
        for name in painters
    }
    cells: dict[str, list[_Cell]] = {name: [] for name in painters}
    for number in range(max(map(len, kinds.values()))):
        # Sensors do not know of each other: each has its next fault in the same drive.
        chosen = {name: of_sensor[number] for name, of_sensor in kinds.items() if number < len(of_sensor)}

        def change(chosen: Mapping[str, str] = chosen) -> None:
            for name, kind in chosen.items():
                drive.set_fault(name, kind, SEVERITY)

        tick = after(change)
        for name, kind in chosen.items():
            age = float(tick.frames[name].get("age", np.zeros(1))[0])
            note = f"{1000.0 * age:.0f} ms old" if kind in DELIVERY_FAULTS and age > 0.0 else ""
            cells[name].append(_Cell(painters[name](sensors[name], tick), kind.replace("_", " "), note))
            drive.set_fault(name, kind, None)
    motion = [
        cell._replace(caption=f"{name} {cell.caption}") for name in ("imu", "gnss", "odometry") for cell in cells[name]
    ]
    groups = (("camera", _PICTURE, cells["camera"]), ("lidar", _SQUARE, cells["lidar"]),
              ("radar", _SQUARE, cells["radar"]), ("motion", _SQUARE, motion))  # fmt: skip
    for title, height, of_sensor in groups:
        for begin in range(0, len(of_sensor), COLUMNS):
            yield _Row("" if begin else title, height, of_sensor[begin : begin + COLUMNS])


def _camera(sensor: Any, tick: Tick) -> np.ndarray:
    return tick.frames[sensor.config.name]["rgb"]


def _lidar(sensor: Any, tick: Tick) -> np.ndarray:
    """From above, with the range image below."""
    above, _ = SensorSource(sensor, 1.0).picture(tick, (_CELL, _CELL), 1.0)
    ranges, _ = RangeSource(sensor).picture(tick, (_CELL, _FLAT), 1.0)
    above = _fitted(above, (_CELL, _CELL))
    cut = (_CELL - _SQUARE + _FLAT) // 2
    flat = cv2.resize(ranges, (_CELL, _FLAT), interpolation=cv2.INTER_AREA)
    return np.concatenate([above[cut : cut + _SQUARE - _FLAT], flat])


def _radar(sensor: Any, tick: Tick) -> np.ndarray:
    picture, _ = SensorSource(sensor, 1.0).picture(tick, (_CELL, _CELL), 1.0)
    side = _fitted(picture, (_CELL, _CELL))
    # The fan leaves room above and below.
    cut = (_CELL - _SQUARE) // 2
    return side[cut : cut + _SQUARE]


def _strip(sensor: Any, tick: Tick) -> np.ndarray:
    return StripSource(sensor).picture(tick, (_CELL, _SQUARE), 0.75)[0]


def _drawn(sections: Mapping[str, list[_Row]]) -> np.ndarray:
    heading = 30
    high = _GAP
    for rows in sections.values():
        high += heading + sum(row.height + _GAP + (_CAPTION if _has_captions(row) else 0) for row in rows) + _GAP
    width = _LEFT + COLUMNS * (_CELL + _GAP) + _GAP
    frame = np.empty((high, width, 4), np.uint8)
    frame[:] = (*_BACK, 255)
    ink = Ink(frame, scale=1.0)
    top = _GAP
    for title, rows in sections.items():
        ink.text(title, _GAP * 2, top + 0.5 * heading, size=16, bold=True, align=(0, 0.5))
        top += heading
        for row in rows:
            caption = _CAPTION if _has_captions(row) else 0
            ink.text(row.title, _GAP * 2, top + caption + 0.5 * row.height, size=13, color=DIM, align=(0, 0.5))
            for column, cell in enumerate(row.cells):
                left = _LEFT + column * (_CELL + _GAP)
                ink.text(cell.caption, left + 1, top + 1, size=12, color=WHITE)
                ink.text(cell.note, left + _CELL - 1, top + 2, size=10.5, color=DIM, align=(1, 0))
                box = Box(left, top + caption, _CELL, row.height)
                ink.picture(_fitted(cell.picture, (_CELL, row.height)), box, smooth=True, radius=4)
            top += row.height + _GAP + caption
        top += _GAP
    return cv2.cvtColor(frame, cv2.COLOR_RGBA2RGB)


def _has_captions(row: _Row) -> bool:
    return any(cell.caption for cell in row.cells)


def _fitted(picture: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA)


def _spaced(name: str) -> str:
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name).strip()


def _save(path: Path, picture: np.ndarray) -> None:
    """Writes a PNG under its name only once it is whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    try:
        kept = picture & np.uint8(256 - (1 << DROPPED_BITS))
        found, data = cv2.imencode(".png", kept[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 9])
        if not found:
            raise OSError(f"{path}: cannot be encoded")
        partial.write_bytes(data.tobytes())
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
