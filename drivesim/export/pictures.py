"""Pictures as bytes of JPEG and PNG files, and back."""

import cv2
import numpy as np

from drivesim.errors import FileFormatError


def jpeg(picture: np.ndarray, quality: int) -> bytes:
    """RGB uint8 (H, W, 3) as JPEG."""
    return _encoded(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])


def png(picture: np.ndarray) -> bytes:
    """RGB uint8 (H, W, 3), or one plane of uint8 or uint16 (H, W), as PNG."""
    rows = picture[..., ::-1] if picture.ndim == 3 else picture
    return _encoded(".png", rows, [cv2.IMWRITE_PNG_COMPRESSION, 1])


def decoded(data: bytes, where: str = "picture") -> np.ndarray:
    """What `jpeg` or `png` encoded: RGB (H, W, 3) or one plane (H, W).

    Raises:
        FileFormatError: It is no picture.
    """
    rows = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED) if data else None
    if rows is None:
        raise FileFormatError(f"{where}: no picture that can be read")
    return np.ascontiguousarray(rows[..., ::-1]) if rows.ndim == 3 else rows


def _encoded(suffix: str, rows: np.ndarray, options: list[int]) -> bytes:
    done, data = cv2.imencode(suffix, np.ascontiguousarray(rows), options)
    if not done:
        raise ValueError(f"OpenCV cannot encode a {rows.dtype} picture of shape {rows.shape} as {suffix}")
    return data.tobytes()
