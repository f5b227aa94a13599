"""The gRPC face of the server: the Open Inference Protocol v2, and the health checking protocol."""
