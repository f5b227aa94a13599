"""KPI: a figure of the business that a Model is there for."""

from typing import Literal

from leeboard.api.base import SpecModel
from leeboard.api.fields import Name, described


class PrometheusSource(SpecModel):
    """A query to the Prometheus that the evaluator knows."""

    type: Literal["Prometheus"] = described("The only kind of source there is.", default="Prometheus")
    query: str = described(
        "PromQL whose answer is one number; {window}, {namespace}, {model} and {version} stand for the monitor's window"
        " (such as 3600s) and for what is watched.",
        min_length=1,
        max_length=2048,
    )


class KPI(SpecModel):
    """A figure of the business that the model is there for."""

    name: Name = described("Name by which checks refer to it.")
    source: PrometheusSource = described("Where its value comes from.")
