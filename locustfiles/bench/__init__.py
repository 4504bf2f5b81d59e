"""Parts of the load machinery driven without load, for the benchmarks."""
