"""Radar: detections by range, azimuth and Doppler."""
