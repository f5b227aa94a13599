"""The invariants, one concept a file."""
