"""Towns: streets, junctions, lights, pavements, houses; planned as data, made from a seed."""
