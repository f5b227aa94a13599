"""kopf as a sensor, probes, process start."""
