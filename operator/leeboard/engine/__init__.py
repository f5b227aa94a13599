"""Work queue, store, health and metrics."""
