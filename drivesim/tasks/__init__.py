"""What a drive is for and how well it went: route progress, infractions, ends, rewards and the driving score."""
