"""Benchmarks beside other load generators."""
