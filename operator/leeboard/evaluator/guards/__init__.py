"""Guards of a rollout: what was counted of candidate and champion, and the figures of it."""
