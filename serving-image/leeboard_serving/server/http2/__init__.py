"""HTTP/2 (RFC 9113) as a server of gRPC needs it: frames, header compression, flow control, and its bounds."""
