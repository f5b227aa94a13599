"""Planning of a TrainingJob: its runs, their Jobs, and the versions they become."""
