"""Errands of road users: buses that halt, cars that park and leave, doors that open, emergency vehicles on call."""
