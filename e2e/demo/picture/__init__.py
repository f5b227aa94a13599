"""One page that shows what happened: who answered when, what moved, and whether retraining helped."""

from e2e.demo.picture.page import draw
from e2e.demo.picture.report import Report

__all__ = ["Report", "draw"]
