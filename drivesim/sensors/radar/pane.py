"""A picture of a radar's detections for people."""

import numpy as np

from drivesim.config.sensors.radar import RadarConfig


def polar_plot(config: RadarConfig, detections: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """todo"""
    return np.zeros((256, 256, 3), np.uint8)
