"""Artefact stores behind one small interface."""
