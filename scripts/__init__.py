"""What people and CI start: the command line, the sidecar, the reference service and the benchmarks."""
