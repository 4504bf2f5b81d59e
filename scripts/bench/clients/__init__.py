"""Clients as people write them by hand, for side-by-side benchmarks only."""
