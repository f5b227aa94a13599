"""Arms: versions that each answer a part of the callers, what they earn, and which of them is the best."""
