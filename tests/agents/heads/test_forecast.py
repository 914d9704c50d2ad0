"""Forecasts: hand-worked displacements, matches and errors."""

import math

import numpy as np
import pytest
import torch

from agents.heads.contract import Truth
from agents.heads.forecast import TrackColumn, displacements, forecast_counts, forecast_head, likely_paths
from agents.network.forecaster import Cells, Forecast, cells_of
from drivesim.config import CameraConfig

POINTS = 6


def tracks_of(*users: dict) -> np.ndarray:
    """One frame of users that go on at `speed` along `heading` of the world, seen by an ego that faces `ego` [rad]."""
    tracks = np.zeros((1, 1 + POINTS, len(users), len(TrackColumn)), np.float32)
    tracks[..., TrackColumn.NUMBER] = -1
    for slot, user in enumerate(users):
        column = tracks[0, :, slot]
        times = 0.5 * np.arange(1 + POINTS)
        ego, heading = user.get("ego", 0.0), user.get("heading", 0.0)
        column[:, :2] = user["place"]
        column[:, TrackColumn.YAW] = heading - ego
        column[:, TrackColumn.WORLD_YAW] = heading
        column[:, 3] = user["speed"] * math.cos(heading - ego)
        column[:, 4] = user["speed"] * math.sin(heading - ego)
        column[:, TrackColumn.EAST] = 100.0 + user["speed"] * times * math.cos(heading)
        column[:, TrackColumn.NORTH] = 200.0 + user["speed"] * times * math.sin(heading)
        column[:, TrackColumn.NUMBER] = slot
        column[:, TrackColumn.IS_SEEN] = user.get("seen", 1.0)
    return tracks


def said_of(
    place: list[float], path: np.ndarray, present: float = 0.9, velocity: tuple[float, float] = (4.0, 0.0)
) -> dict[str, np.ndarray]:
    """Two cells: one that shows somebody with two paths, and an empty one."""
    paths = np.zeros((1, 2, 2, POINTS, 2))
    paths[0, 0, 1] = path
    return {
        "forecast_present": np.array([[present, 0.1]]),
        "forecast_place": np.array([[place, [9.0, 0.0]]]),
        "forecast_velocity": np.array([[velocity, (0.0, 0.0)]]),
        "forecast_paths": paths,
    }


def metric(said: dict, tracks: np.ndarray) -> dict[str, float]:
    (found,) = forecast_head().metrics
    return dict(zip(found.meanings, found.values(found.counts(said, {"tracks": tracks})), strict=True))


def test_displacements_are_along_the_ego_s_axes():
    # Northwards at 2 m/s, seen by an ego that faces north: 1 m ahead per half second.
    gone, known = displacements(tracks_of({"place": (10.0, 0.0), "speed": 2.0, "heading": np.pi / 2, "ego": np.pi / 2}))
    assert gone[0, 0] == pytest.approx(np.stack((np.arange(1.0, 7.0), np.zeros(6)), axis=1), abs=1e-4)
    assert known.all()


def test_who_has_left_or_is_somebody_else_later_is_unknown_from_then_on():
    tracks = tracks_of({"place": (10.0, 0.0), "speed": 2.0})
    tracks[0, 3:5, 0, TrackColumn.NUMBER] = 77.0
    tracks[0, 5:] = np.nan
    gone, known = displacements(tracks)
    assert known[0, 0].tolist() == [True, True, False, False, False, False]
    assert np.isfinite(gone).all()


def test_a_forecast_of_the_truth_has_no_error_and_constant_velocity_none_either():
    tracks = tracks_of({"place": (10.0, 1.0), "speed": 4.0})
    path = np.stack((2.0 * np.arange(1, 7), np.zeros(6)), axis=1)
    found = metric(said_of([10.5, 1.0], path), tracks)
    assert found == {
        "users_recall": 1.0,
        "forecast_min_ade_m": pytest.approx(0.0, abs=1e-4),
        "forecast_min_fde_m": pytest.approx(0.0, abs=1e-4),
        "constant_velocity_fde_m": pytest.approx(0.0, abs=1e-4),
        "true_velocity_fde_m": pytest.approx(0.0, abs=1e-4),
    }


def test_errors_are_those_of_the_best_path_and_of_going_on_at_the_velocity_seen_and_the_true_one():
    # It brakes to a halt within the first half second, 1 m on; it had 4 m/s and seemed to have 3, so that constant
    # velocity ends 11 m and 8 m too far.
    tracks = tracks_of({"place": (10.0, 1.0), "speed": 4.0})
    tracks[0, 1:, 0, TrackColumn.EAST] = 101.0
    path = np.stack((np.linspace(1.0, 3.5, 6), np.zeros(6)), axis=1)
    found = metric(said_of([10.0, 1.0], path, velocity=(3.0, 0.0)), tracks)
    # The other path stays where it is: 1 m off throughout, nearer in the end than 2.5 m.
    assert found["forecast_min_fde_m"] == pytest.approx(1.0, abs=1e-4)
    assert found["forecast_min_ade_m"] == pytest.approx(1.0, abs=1e-4)
    assert found["constant_velocity_fde_m"] == pytest.approx(8.0, abs=1e-4)
    assert found["true_velocity_fde_m"] == pytest.approx(11.0, abs=1e-4)


def test_found_is_who_is_said_to_be_near_where_he_is_once():
    two = tracks_of({"place": (10.0, 1.0), "speed": 4.0}, {"place": (10.0, -0.5), "speed": 4.0})
    path = np.zeros((6, 2))
    assert metric(said_of([10.0, 1.0], path), two)["users_recall"] == 0.5
    assert metric(said_of([10.0, 4.5], path), two)["users_recall"] == 0.0
    assert metric(said_of([10.0, 1.0], path, present=0.4), two)["users_recall"] == 0.0
    hidden = tracks_of({"place": (10.0, 1.0), "speed": 4.0}, {"place": (50.0, 0.0), "speed": 4.0})
    assert metric(said_of([10.0, 1.0], path), hidden)["users_recall"] == 1.0


def test_who_stands_counts_as_found_but_not_in_the_errors():
    counts = forecast_counts(
        said_of([10.0, 1.0], np.ones((6, 2))), {"tracks": tracks_of({"place": (10.0, 1.0), "speed": 0.0})}
    )
    assert counts.tolist() == [1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0]


def test_seen_is_who_has_four_pixels_in_the_first_picture():
    camera = CameraConfig(width=8, height=8, channels=("rgb", "instance"))
    instance = np.zeros((1, 8, 8), np.uint16)
    instance[0, 0, :4], instance[0, 1, :3], instance[0, 2:] = 2, 3, 300
    slots = 4
    labels = {
        "objects_valid": np.array([[False, True, True, True]]),
        "objects_position": np.zeros((1, slots, 2), np.float32),
        "objects_yaw": np.zeros((1, slots), np.float32),
        "objects_velocity": np.zeros((1, slots, 2), np.float32),
        "objects_track": np.arange(slots)[None],
        "world_objects_position": np.zeros((1, slots, 3), np.float32),
        "world_objects_yaw": np.zeros((1, slots), np.float32),
    }
    (quantity,) = forecast_head().labels
    tracks = quantity.read(Truth({"camera_instance": instance}, labels, camera))
    assert tracks[0, :, TrackColumn.IS_SEEN].tolist() == [0.0, 1.0, 0.0, 0.0]
    assert tracks[0, :, TrackColumn.NUMBER].tolist() == [-1.0, 1.0, 2.0, 3.0]


def test_what_is_drawn_is_the_likeliest_path_of_everyone_once():
    place = np.array([[10.0, 0.0], [10.5, 0.0], [20.0, 3.0], [30.0, 0.0]])
    paths = np.zeros((4, 2, POINTS, 2))
    paths[:, 1, :, 0] = np.arange(1.0, 7.0)
    said = {
        "forecast_present": np.array([0.8, 0.9, 0.7, 0.3]),
        "forecast_place": place,
        "forecast_paths": paths,
        "forecast_modes": np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.0, 1.0]]),
    }
    drawn, surely = likely_paths(said)
    assert surely.tolist() == [0.9, 0.7]
    assert drawn[0].tolist() == [[10.5 + k, 0.0] for k in range(7)]
    assert drawn[1].tolist() == [[20.0, 3.0]] * 7
    assert len(likely_paths({**said, "forecast_present": np.zeros(4)})[0]) == 0


def cameras() -> dict[str, CameraConfig]:
    wide = CameraConfig(width=16, height=16, fov_deg=90.0, principal_y=0.5, x_m=0.0, z_m=0.8)
    return {"camera": wide, "camera_tele": CameraConfig(name="camera_tele", width=16, height=16, fov_deg=20.0,
                                                        principal_y=0.5, x_m=0.0, z_m=0.8)}  # fmt: skip


def test_who_is_in_both_pictures_is_the_telephoto_s():
    # 10 m ahead: 0.5 m aside is in the telephoto (up to 1.76 m), 5 m aside is not.
    found = cells_of(cameras(), torch.tensor([[[10.0, 0.5], [10.0, -5.0], [-3.0, 0.0]]]))
    assert found["camera_tele"].tolist() == [[2, 4, 4]]
    assert found["camera"].tolist() == [[4, 3, 4]]


def test_losses_vanish_where_the_cells_tell_the_truth():
    tracks = torch.from_numpy(tracks_of({"place": (10.0, 0.5), "speed": 4.0}))
    cells = {}
    for name in ("camera", "camera_tele"):
        logit = torch.full((1, 4), -30.0)
        place, velocity = torch.zeros(1, 4, 2), torch.zeros(1, 4, 2)
        paths, modes = torch.zeros(1, 4, 2, POINTS, 2), torch.zeros(1, 4, 2)
        if name == "camera_tele":
            logit[0, 2], place[0, 2], velocity[0, 2] = 30.0, torch.tensor([10.0, 0.5]), torch.tensor([4.0, 0.0])
            paths[0, 2, 1, :, 0], modes[0, 2, 1] = 2.0 * torch.arange(1.0, 7.0), 30.0
        cells[name] = Cells(logit, place, velocity, paths, modes)
    said = Forecast(cells, cameras())
    for loss in forecast_head().losses:
        assert float(loss.function(said, {"tracks": tracks})) == pytest.approx(0.0, abs=1e-5), loss.name
    # Where nobody is said to be, presence costs 30 of each of the two cells that are wrong; nothing else is asked.
    none = Forecast({name: each._replace(logit=torch.zeros(1, 4)) for name, each in cells.items()}, cameras())
    presence = forecast_head().losses[0]
    # Eight cells at one half: focal weight 1/4, ln 2 each, by one road user in the telephoto and none (counted one).
    assert float(presence.function(none, {"tracks": tracks})) == pytest.approx(8 * 0.25 * math.log(2.0), rel=1e-5)
