"""Stock Locust users, for side-by-side benchmarks only."""
