"""What can be wrong with the colours of a camera's pictures. Its depth, classes and instances stay exact."""

from drivesim.config.sensors.faults import register_fault

CORRUPTIONS: dict[str, str] = {
    "gaussian_noise": "Noise of standard deviation 0.08 to 0.38 of white.",
    "shot_noise": "Photons counted: 60, 25, 12, 5 or 3 make white.",
    "impulse_noise": "3, 6, 9, 17 or 27 % of the values black or full.",
    "speckle_noise": "Noise of 0.15 to 0.6 times the value.",
    "gaussian_blur": "Blur of sigma 1 to 6 px.",
    "defocus_blur": "Out of focus: a disk of radius 3 to 10 px.",
    "glass_blur": "Frosted glass: pixels change places within 1 to 4 px.",
    "motion_blur": "A streak of 10 to 20 px in a direction within 45 degrees of level, another one each frame.",
    "zoom_blur": "The average of enlargements up to 1.11 to 1.31.",
    "fog": "Grey clouds over the picture, whatever the distance.",
    "frost": "Ice crystals on the lens, fixed for the episode.",
    "snow": "Flakes driven across the picture.",
    "spatter": "Water, from severity 4 mud, splashed on the lens, fixed for the episode.",
    "contrast": "Contrast of 0.4 down to 0.05.",
    "brightness": "Value 0.1 to 0.5 higher.",
    "saturate": "Saturation times 0.3, 0.1, 2, 5 or 20.",
    "jpeg_compression": "JPEG of quality 25 down to 7.",
    "pixelate": "Resolution of 0.6 down to 0.25.",
}
"""Those of ImageNet-C (Hendrycks and Dietterich 2019). Lengths are for 224 px and scale with the lesser side."""
_DEFECTS: dict[str, str] = {
    "dirty_lens": "Blurred opaque dirt on 2, 5, 10, 20 or 35 % of the picture, fixed for the episode.",
    "wet_lens": "5, 10, 20, 40 or 80 drops that refract what is behind them, fixed for the episode.",
    "cracked_lens": "3, 5, 8, 12 or 16 cracks from one point that split the picture, fixed for the episode.",
    "miscalibrated": "Turned by 0.25, 0.5, 1, 2 or 4 degrees and moved by 1, 2, 4, 8 or 12 cm for the episode.",
    "wrong_focal": "A focal length 0.5, 1, 2, 3 or 5 % longer or shorter than said.",
    "overexposed": "0.5, 1, 1.5, 2 or 3 stops too bright.",
    "underexposed": "1, 2, 3, 4 or 5 stops too dark.",
    "low_light": "The darkest fifths of the light, with the noise of a sensor that amplifies it (RoboBEV LowLight).",
    "color_cast": "White balance off by 10, 20, 35, 50 or 70 %, towards one colour for the episode.",
    "banding": "Rows flicker with lamps on 50 Hz mains by 10, 20, 35, 55 or 80 % under a rolling shutter.",
    "color_quantization": "5, 4, 3, 2 or 1 bits per colour.",
}
CAMERA_FAULTS: dict[str, str] = {**_DEFECTS, **CORRUPTIONS}
"""Faults of cameras by name, and what their severities 1 to 5 mean."""

for _name, _doc in CAMERA_FAULTS.items():
    register_fault(_name, "camera", _doc)
