"""What brings a version's files: from a cache or from storage, verified either way."""
