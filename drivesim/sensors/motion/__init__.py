"""What a car senses of its own motion: inertial unit, satellite receiver, and what its own bus tells."""
