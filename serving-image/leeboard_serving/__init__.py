"""The inference server and the exporter beside it."""
