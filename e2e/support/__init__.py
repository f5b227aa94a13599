"""What the demo and the scenarios share: kubectl, waiting, and telling what happens."""
