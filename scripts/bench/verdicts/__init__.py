"""Whether verdicts can be trusted: error rates of the suite's own statistics, simulated with fixed seeds."""
