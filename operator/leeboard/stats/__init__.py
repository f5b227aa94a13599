"""Distributions, distances, intervals."""
