"""People on foot, cyclists and parked cars: how they move, appear and vanish, and how drivers yield to them."""
