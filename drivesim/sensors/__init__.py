"""What the cars measure: the contract of a sensor, delivery, the camera, and labels from the truth."""
