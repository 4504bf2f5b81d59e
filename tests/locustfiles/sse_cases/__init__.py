"""Streams of server-sent events as bytes, and the events that the standard makes of them."""
