"""Leeboard keeps machine-learning models from drifting."""
