"""How values are shown to a person: pure functions from values to text."""
