"""`leeboard train`: a run on request, for people and for pipelines."""
