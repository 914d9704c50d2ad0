"""Roads as facts: networks, where they come from, routes through them, and the arrays that kernels read."""
