"""`make bench-drift`: how fast and how sure drift is told, beside the tools that people use for it."""
