"""Loading and running models of every format that is served, evaluated and imported."""

from leeboard.models.failures import ModelError
from leeboard.models.formats import FORMATS, load
from leeboard.models.predictor import Predictor
from leeboard.models.rows import Column, Rows
from leeboard.models.score import score
from leeboard.models.written import written_by

__all__ = ["FORMATS", "Column", "ModelError", "Predictor", "Rows", "load", "score", "written_by"]
