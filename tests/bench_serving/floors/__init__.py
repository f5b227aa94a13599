"""Bare handlers: what a stack costs when a handler only parses, calls predict and answers. They check nothing."""
