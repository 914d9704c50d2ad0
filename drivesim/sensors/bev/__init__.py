"""The bird's-eye sensor: classes around the car from straight above."""
