import subprocess
import sys

import numpy as np

from agents.heads import Head, PathFromAbove, PicturePane, Quantity, TextRow, default_heads
from agents.watching.panes import pane_names, path_of, picture_panes, rows_of, truth_of
from drivesim.config import CameraConfig

HEADS = default_heads()
LABELS = {
    "expert_action": np.zeros((2, 2), np.float32),
    "waypoints": np.ones((2, 6, 2), np.float32),
    "target_speed": np.array([10.0, 0.0], np.float32),
    "lane_offset": np.array([-0.5, 9.0], np.float32),
    "lane_heading": np.array([np.pi / 180.0, 9.0], np.float32),
    "lane_curvature": np.array([[0.01, 0.0, 0.0, 0.0]] * 2, np.float32),
    "lead_present": np.array([True, False]),
    "lead_distance": np.array([12.0, 0.0], np.float32),
    "lead_closing": np.array([-1.25, 0.0], np.float32),
}


def nothing(config, heads):
    raise NotImplementedError


def test_the_panes_are_the_truth_what_is_said_the_numbers_and_then_those_of_other_heads():
    assert pane_names(HEADS) == ("semantics", "depth", "network semantics", "network depth", "numbers")
    imagined = PicturePane(title="flow", key="flow", paint=lambda values: values)
    mine = Head(name="flow", build=nothing, panes=(imagined,))
    assert pane_names((mine, *HEADS)) == (*pane_names(HEADS), "network flow")
    assert [pane.key for pane in picture_panes(HEADS)] == ["semantic", "depth"]


def test_rows_hold_the_truth_of_the_first_world_beside_what_the_driver_says():
    truth = truth_of(HEADS, {}, LABELS, CameraConfig())
    said = {"lane_offset": np.array(0.25), "lead_present": np.array(0.9), "lead_distance": np.array(33.0)}
    assert rows_of(HEADS, truth, said) == [
        ("offset", "-0.50 m", "+0.25 m"),
        ("heading", "+1.0 deg", ""),
        ("curvature 5 m", "+0.0100 /m", ""),
        ("lead", "12 m", "33 m"),
        ("closing", "-1.2 m/s", ""),
        ("target speed", "36 km/h", ""),
    ]


def test_without_a_lead_vehicle_there_is_nothing_to_measure():
    truth = truth_of(HEADS, {}, {name: values[1:] for name, values in LABELS.items()}, CameraConfig())
    said = {**truth, "lead_present": np.array(0.2)}
    rows = {title: cells for title, *cells in rows_of(HEADS, truth, said)}
    assert rows["lead"] == ["none", "none"]
    assert rows["closing"] == ["-", "-"]


def test_a_label_that_a_camera_must_see_is_not_asked_for():
    seen = Quantity(
        name="seen", unit="1", channel="instance", source=lambda truth: truth.observation["camera_instance"]
    )
    row = TextRow(title="seen", needs=("seen",), text=lambda said: str(said["seen"]))
    head = Head(name="seen", build=nothing, labels=(seen,), panes=(row,))
    assert rows_of((head,), truth_of((head,), {}, {}, CameraConfig()), {}) == [("seen", "", "")]


def test_the_path_drawn_is_the_first_that_the_driver_explains():
    mine = Head(name="mine", build=nothing, panes=(PathFromAbove(key="mine"),))
    path = np.ones((3, 2))
    assert path_of((*HEADS, mine), {"mine": path}) is path
    assert path_of((mine, *HEADS), {"waypoints": path}) is path
    assert path_of(HEADS, {"mine": path}) is None


def test_the_words_of_drivers_without_a_network_load_no_torch():
    code = "import sys, agents.watching.panes, agents.perception; print('torch' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"
