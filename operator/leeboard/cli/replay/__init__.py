"""`leeboard replay`: whether a rollout's decision follows from what its record holds."""
