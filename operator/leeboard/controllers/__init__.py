"""Observe, plan, execute."""
