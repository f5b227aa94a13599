"""What is kept of observations, for how long, and in how many files."""
