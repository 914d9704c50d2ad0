"""JSON schemas of Foxglove's messages, and two of ours.

https://docs.foxglove.dev/docs/visualization/message-schemas
"""

import json
from typing import Any


def _object(title: str = "", **properties: Any) -> dict[str, Any]:
    return {**({"title": title} if title else {}), "type": "object", "properties": properties}


def _array(items: dict[str, Any], count: int = 0) -> dict[str, Any]:
    return {"type": "array", "items": items, **({"minItems": count, "maxItems": count} if count else {})}


_NUMBER, _INTEGER, _TEXT, _FLAG = ({"type": kind} for kind in ("number", "integer", "string", "boolean"))
_BYTES = {"type": "string", "contentEncoding": "base64"}
_TIME = _object("time", sec={"type": "integer", "minimum": 0}, nsec={"type": "integer", "minimum": 0})
_VECTOR = _object("foxglove.Vector3", x=_NUMBER, y=_NUMBER, z=_NUMBER)
_POINT2 = _object("foxglove.Point2", x=_NUMBER, y=_NUMBER)
_QUATERNION = _object("foxglove.Quaternion", x=_NUMBER, y=_NUMBER, z=_NUMBER, w=_NUMBER)
_POSE = _object("foxglove.Pose", position=_VECTOR, orientation=_QUATERNION)
_COLOR = _object("foxglove.Color", r=_NUMBER, g=_NUMBER, b=_NUMBER, a=_NUMBER)
_PAIR = _object("foxglove.KeyValuePair", key=_TEXT, value=_TEXT)
_STAMPED = {"timestamp": _TIME, "frame_id": _TEXT}
_TRANSFORM = _object(
    "foxglove.FrameTransform", timestamp=_TIME, parent_frame_id=_TEXT, child_frame_id=_TEXT, translation=_VECTOR,
    rotation=_QUATERNION,
)  # fmt: skip
_ANYTHING = _array({"type": "object"})

SCHEMAS: dict[str, bytes] = {
    schema["title"]: json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}).encode()
    for schema in (
        _object("foxglove.FrameTransforms", transforms=_array(_TRANSFORM)),
        _object("foxglove.CompressedImage", **_STAMPED, data=_BYTES, format=_TEXT),
        _object(
            "foxglove.CameraCalibration", **_STAMPED, width=_INTEGER, height=_INTEGER, distortion_model=_TEXT,
            D=_array(_NUMBER), K=_array(_NUMBER, 9), R=_array(_NUMBER, 9), P=_array(_NUMBER, 12),
        ),
        _object(
            "foxglove.PointCloud", **_STAMPED, pose=_POSE, point_stride=_INTEGER, data=_BYTES,
            fields=_array(_object("foxglove.PackedElementField", name=_TEXT, offset=_INTEGER, type=_INTEGER)),
        ),
        _object(
            "foxglove.SceneUpdate",
            deletions=_array(_object("foxglove.SceneEntityDeletion", timestamp=_TIME, type=_INTEGER, id=_TEXT)),
            entities=_array(
                _object(
                    "foxglove.SceneEntity", **_STAMPED, id=_TEXT, lifetime=_TIME, frame_locked=_FLAG,
                    metadata=_array(_PAIR),
                    cubes=_array(_object("foxglove.CubePrimitive", pose=_POSE, size=_VECTOR, color=_COLOR)),
                    arrows=_ANYTHING, spheres=_ANYTHING, cylinders=_ANYTHING, lines=_ANYTHING, triangles=_ANYTHING,
                    texts=_ANYTHING, models=_ANYTHING,
                )
            ),
        ),
        _object(
            "foxglove.ImageAnnotations", circles=_ANYTHING,
            points=_array(
                _object(
                    "foxglove.PointsAnnotation", timestamp=_TIME, type=_INTEGER, points=_array(_POINT2),
                    outline_color=_COLOR, outline_colors=_array(_COLOR), fill_color=_COLOR, thickness=_NUMBER,
                )
            ),
            texts=_array(
                _object(
                    "foxglove.TextAnnotation", timestamp=_TIME, position=_POINT2, text=_TEXT, font_size=_NUMBER,
                    text_color=_COLOR, background_color=_COLOR,
                )
            ),
        ),
        _object(
            "foxglove.LocationFix", **_STAMPED, latitude=_NUMBER, longitude=_NUMBER, altitude=_NUMBER,
            position_covariance=_array(_NUMBER, 9), position_covariance_type=_INTEGER,
        ),
        _object("foxglove.PoseInFrame", **_STAMPED, pose=_POSE),
        _object("drivesim.Imu", **_STAMPED, specific_force=_VECTOR, angular_rate=_VECTOR),
        _object(
            "drivesim.Odometry", **_STAMPED, wheel_speed=_NUMBER, steering=_NUMBER, yaw_rate=_NUMBER, heading=_NUMBER,
            pedal=_NUMBER,
        ),
    )
}  # fmt: skip
"""By name."""
