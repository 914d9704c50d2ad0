"""What the cars see: cameras, rendered from the ground picture and upright things."""
