"""Tells the webhooks of DriftMonitors of their episodes."""
