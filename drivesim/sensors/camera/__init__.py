"""The camera: rendered from the ground picture and upright things."""
