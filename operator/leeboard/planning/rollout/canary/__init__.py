"""A canary: its stages, and what its figures say."""
