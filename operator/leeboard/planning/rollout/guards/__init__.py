"""Guards: what is compared between two versions while a rollout is under way, and the verdict on it."""
