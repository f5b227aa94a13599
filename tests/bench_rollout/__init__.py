"""Rollouts of thousands of objects: Leeboard's operator beside Argo Rollouts' controller."""
