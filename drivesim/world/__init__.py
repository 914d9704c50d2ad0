"""What moves: the state of all worlds, the ego's dynamics, the drivers, contacts, and `World`, which steps them."""
