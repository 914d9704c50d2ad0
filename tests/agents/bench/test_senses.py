"""The benchmark of sensors runs and names what it measures."""

from agents.bench.senses import motion_rows


def test_motion_sensors_are_measured_beside_the_camera_alone():
    rows = motion_rows(worlds=2, maps=1, stagger=2, windows=1, window_s=0.01, warm_up_s=0.01)
    assert list(rows) == ["camera", "camera, imu", "camera, gnss", "camera, odometry", "camera, all motion"]
    assert all(rate.median > 0.0 and rate.unit == "frames" for rate in rows.values())
