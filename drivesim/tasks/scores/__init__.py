"""Scores by which drives are compared outside this project: pure functions on arrays, each definition with a version."""
