"""nuScenes' files of radar detections: PCD 0.7 with 18 packed fields (nuscenes-devkit, `RadarPointCloud.from_file`)."""

import numpy as np

FIELDS = (
    ("x", "<f4"), ("y", "<f4"), ("z", "<f4"), ("dyn_prop", "i1"), ("id", "<i2"), ("rcs", "<f4"), ("vx", "<f4"),
    ("vy", "<f4"), ("vx_comp", "<f4"), ("vy_comp", "<f4"), ("is_quality_valid", "i1"), ("ambig_state", "i1"),
    ("x_rms", "i1"), ("y_rms", "i1"), ("invalid_state", "i1"), ("pdh0", "i1"), ("vx_rms", "i1"), ("vy_rms", "i1"),
)  # fmt: skip
MOVING, STATIONARY, ONCOMING = 0, 1, 2
MOVING_M_S = 0.5
"""Compensated radial speed from which a detection counts as moving [m/s]."""
UNAMBIGUOUS, LIKELY = 3, 1
_TYPE = np.dtype(list(FIELDS))


def radar_pcd(detections: np.ndarray, valid: np.ndarray) -> bytes:
    """A frame of detections as a file; one without any holds a single point of NaN, because readers want one.

    Args:
        detections: Range [m], azimuth [rad], radial velocity raw and compensated [m/s], RCS [dBsm], SNR [dB]: (n, 6).
        valid: Which of them there are, (n,).
    """
    rows = detections[valid > 0].astype(np.float64)
    points = np.zeros(max(len(rows), 1), _TYPE)
    if len(rows):
        distance, azimuth, raw, own = rows[:, :4].T
        cos, sin = np.cos(azimuth), np.sin(azimuth)
        points["x"], points["y"] = distance * cos, distance * sin
        points["vx"], points["vy"] = raw * cos, raw * sin
        points["vx_comp"], points["vy_comp"] = own * cos, own * sin
        points["rcs"], points["id"] = rows[:, 4], np.arange(len(rows))
        points["dyn_prop"] = np.where(own < -MOVING_M_S, ONCOMING, np.where(own > MOVING_M_S, MOVING, STATIONARY))
    else:
        for name in ("x", "y", "z"):
            points[name] = np.nan
    points["is_quality_valid"], points["ambig_state"], points["pdh0"] = 1, UNAMBIGUOUS, LIKELY
    kinds = [(np.dtype(kind).itemsize, "F" if np.dtype(kind).kind == "f" else "I") for _, kind in FIELDS]
    header = [
        "# .PCD v0.7 - Point Cloud Data file format", "VERSION 0.7",
        "FIELDS " + " ".join(name for name, _ in FIELDS), "SIZE " + " ".join(str(size) for size, _ in kinds),
        "TYPE " + " ".join(letter for _, letter in kinds), "COUNT " + " ".join("1" for _ in FIELDS),
        f"WIDTH {len(points)}", "HEIGHT 1", "VIEWPOINT 0 0 0 1 0 0 0", f"POINTS {len(points)}", "DATA binary",
    ]  # fmt: skip
    # The devkit refuses a last point that ends where the file does.
    return ("\n".join(header) + "\n").encode() + points.tobytes() + b"\n"
