"""A real Kubernetes cluster without a container engine: binaries, control plane, node."""
