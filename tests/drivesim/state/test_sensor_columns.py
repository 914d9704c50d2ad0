import numpy as np

from drivesim.config import CameraConfig
from drivesim.state.columns import column
from drivesim.state.sensors import allocate_columns, frame_columns


def test_kept_frames_have_the_type_and_shape_of_their_channels_for_every_view():
    camera = CameraConfig(width=8, height=4, channels=("rgb", "depth"))
    arrays = allocate_columns(frame_columns(camera.measured(), 3), world=5, driver=2)
    assert {name: (array.shape, array.dtype.name) for name, array in arrays.items()} == {
        "taken": ((5, 3), "int32"),
        "frame.rgb": ((10, 3, 4, 8, 3), "uint8"),
        "frame.depth": ((10, 3, 4, 8), "float32"),
    }


def test_a_memory_has_an_axis_for_worlds_or_for_views():
    declared = {"gust": column("world", 2, doc="Wind."), "bias": column("view", dtype=np.int32, doc="Error.")}
    arrays = allocate_columns(declared, world=3, driver=2)
    assert [array.shape for array in arrays.values()] == [(3, 2), (6,)]
