"""Reads windows, ledgers and holdouts, writes figures."""
