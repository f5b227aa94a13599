"""The four kinds: values only."""
