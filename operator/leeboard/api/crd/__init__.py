"""Generates the CustomResourceDefinitions and their reference page from the pydantic models."""
