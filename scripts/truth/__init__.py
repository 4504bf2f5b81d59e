"""A server that answers late by a known time, and whose own log is the truth about it."""
