"""The lidar: sweeps of ranges, points and bird's-eye grids."""
