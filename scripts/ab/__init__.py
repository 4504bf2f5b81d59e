"""`plimsoll ab`: decides between two versions by pairs of runs."""
