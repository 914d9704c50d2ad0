"""Everything that drives or learns: drivers, the network, its training, evaluation and the command line."""
