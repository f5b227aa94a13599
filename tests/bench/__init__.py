"""How the operator fares with thousands of Models: `make bench-scale`."""
