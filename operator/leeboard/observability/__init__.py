"""What every process shares in telling of itself: log lines and the description of its metrics."""
