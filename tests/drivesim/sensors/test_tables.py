"""The README's tables are the declarations, printed. Run as a script, this file writes them."""

from pathlib import Path

from drivesim.config import CAMERA_CHANNELS, CameraConfig, RadarConfig
from drivesim.sensors.objects import ObjectLabels
from drivesim.state import columns

README = Path(__file__).resolve().parents[3] / "drivesim" / "sensors" / "README.md"
MARK = "<!-- tables: written by tests/drivesim/sensors/test_tables.py -->\n"
SHIPPED = (CameraConfig(channels=CAMERA_CHANNELS, timestamps=True), RadarConfig())
LABELS_HEAD = """
## Labels of road users

`labels()["objects_<name>"]` of environments, leading axis `world`, for the first driver; computed when they are read.
`objects_visible` (float32, world, slot) is there where a camera without rate and latency has the channel instance: the
share of a road user's box that the first such camera sees, see `camera/visible.py`. `labels.register_label` adds a
label from outside; `tests/extending/test_label.py` does.

"""


def tables() -> str:
    rows = ["| sensor | key | dtype, shape | bounds | unit | axes or frame | |", "|---|---|---|---|---|---|---|"]
    for config in SHIPPED:
        for channel in config.delivered():
            key = channel.key.replace(config.name, "<name>", 1)
            shape = ", ".join(str(size) for size in channel.shape)
            bounds = f"{channel.low:g} to {channel.high:g}"
            cells = (config.type, f"`{key}`", f"{channel.dtype} ({shape})", bounds, channel.unit, channel.frame)
            rows.append(f"| {' | '.join(cells)} | {channel.doc} |")
    labels = ["| label | dtype, shape | unit | |", "|---|---|---|---|"]
    for name, column in columns(ObjectLabels).items():
        shape = ", ".join(str(size) for size in column.dims if size != "driver")
        dtype = column.dtype.__name__.rstrip("_")
        labels.append(f"| `objects_{name}` | {dtype} ({shape}) | {column.unit} | {column.doc} |")
    return "\n".join(rows) + "\n" + LABELS_HEAD + "\n".join(labels) + "\n"


def test_the_readme_shows_every_channel_and_label_as_declared():
    assert README.read_text(encoding="utf-8").partition(MARK)[2].strip() == tables().strip()


if __name__ == "__main__":
    README.write_text(README.read_text(encoding="utf-8").partition(MARK)[0] + MARK + "\n" + tables(), encoding="utf-8")
