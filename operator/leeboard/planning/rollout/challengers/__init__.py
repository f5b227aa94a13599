"""Challengers: the versions that are compared with the champion for long."""
