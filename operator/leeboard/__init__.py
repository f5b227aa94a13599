"""Leeboard keeps machine-learning models from drifting."""

__version__ = "0.1.0"
