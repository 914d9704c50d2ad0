"""Labels of every sensor from the truth: boxes, lines, free space, futures; computed when they are read."""
