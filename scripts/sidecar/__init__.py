"""Samples the host, the service's process, Prometheus and Redis while a run lasts."""
