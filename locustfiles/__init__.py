"""Drives the load; the only package that imports locust and gevent."""
