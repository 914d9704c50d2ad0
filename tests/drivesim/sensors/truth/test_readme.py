"""The README's table is the declarations, printed. Run as a script, this file writes it."""

from pathlib import Path

from drivesim.sensors.truth.boxes import SensorBoxes, WorldBoxes
from drivesim.sensors.truth.lanes import LaneLabels, PictureLanes
from drivesim.sensors.truth.picture import PictureBoxes
from drivesim.sensors.truth.space import SpaceLabels
from drivesim.state import columns

README = Path(__file__).resolve().parents[4] / "drivesim" / "sensors" / "truth" / "README.md"
MARK = "<!-- table: written by tests/drivesim/sensors/truth/test_readme.py -->\n"
GROUPS = (
    ("world_objects_", WorldBoxes),
    ("<sensor>_objects_", SensorBoxes),
    ("<camera>_objects_", PictureBoxes),
    ("lanes_", LaneLabels),
    ("<camera>_lanes_", PictureLanes),
    ("space_", SpaceLabels),
)
ALONE = (
    ("objects_visibility", "float32 (world, slot)", "-", "The same over all cameras of the rig, as nuScenes has it."),
    (
        "objects_visibility_level",
        "uint8 (world, slot)",
        "-",
        "nuScenes' token: 1 below 40 %, 2, 3, 4 from 80 %; 0 unseen.",
    ),
    ("objects_lidar_points", "int32 (world, slot)", "-", "Points of all lidars on it, where there is a lidar."),
    ("objects_radar_points", "int32 (world, slot)", "-", "Detections of all radars on it, where there is a radar."),
    ("<lidar>_objects_points", "int32 (world, slot)", "-", "Of one lidar or radar."),
    ("<camera>_space", "bool (world, row, column)", "-", "Pixels of the ground within free space."),
    ("<camera>_depth", "float32 (world, row, column)", "m", "As the channel of that name, for any camera, now."),
    ("<camera>_semantic", "uint8 (world, row, column)", "-", "As the channel of that name."),
    ("<camera>_instance", "uint16 (world, row, column)", "-", "As the channel of that name."),
)


def table() -> str:
    rows = ["| label | dtype, shape | unit | |", "|---|---|---|---|"]
    for prefix, group in GROUPS:
        for name, column in columns(group).items():
            shape = ", ".join(str(size) for size in column.dims)
            rows.append(
                f"| `{prefix}{name}` | {column.dtype.__name__.rstrip('_')} ({shape}) | {column.unit} | {column.doc} |"
            )
    rows += [f"| `{name}` | {shape} | {unit} | {doc} |" for name, shape, unit, doc in ALONE]
    return "\n".join(rows) + "\n"


def test_the_readme_shows_every_label_as_declared():
    assert README.read_text(encoding="utf-8").partition(MARK)[2].strip() == table().strip()


if __name__ == "__main__":
    README.write_text(README.read_text(encoding="utf-8").partition(MARK)[0] + MARK + "\n" + table(), encoding="utf-8")
