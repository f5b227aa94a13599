"""One thin adapter on the Kubernetes API."""
