"""`plimsoll calibrate`: how far this machine's generator is from a truth that is known."""
