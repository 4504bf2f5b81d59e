"""Responses byte by byte, and what the wire client must make of them."""
