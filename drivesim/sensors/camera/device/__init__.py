"""What happens behind the lens: shutter, exposure, noise, colour, compression."""

from drivesim.sensors.camera.device.stage import EXPOSURE_COLUMNS, Device

__all__ = ["EXPOSURE_COLUMNS", "Device"]
