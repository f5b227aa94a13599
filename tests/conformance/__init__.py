"""A conformance suite for the Open Inference Protocol v2, for any server that has an address."""
