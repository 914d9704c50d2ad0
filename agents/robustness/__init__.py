"""How much of a driver is left when its sensors fail: every fault at every severity, against clean drives."""
