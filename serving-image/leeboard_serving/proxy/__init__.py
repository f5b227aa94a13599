"""Stands before any server of the Open Inference Protocol v2, so that it is observed as Leeboard's own server is."""
