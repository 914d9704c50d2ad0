"""How kernels are written, handed their arguments, run, compiled and cached. Knows nothing of roads."""
