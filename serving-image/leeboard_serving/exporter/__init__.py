"""Counts what a server observes, takes labels, and leaves both in object storage for the evaluator."""
