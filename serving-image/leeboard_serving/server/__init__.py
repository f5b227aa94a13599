"""The server: one version of one model, by the Open Inference Protocol (v2, REST)."""
