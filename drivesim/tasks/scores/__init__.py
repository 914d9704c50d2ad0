"""Scores by which drives are compared elsewhere: pure functions on arrays, each definition with a version."""
