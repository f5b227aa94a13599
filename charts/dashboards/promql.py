"""Pieces of PromQL that the dashboards share."""

from __future__ import annotations

RATE = "[$__rate_interval]"


def of_process(component: str, expression: str) -> str:
    """The series of an expression that come from that process of Leeboard, and from no other operator."""
    return f'{expression} * on (job, instance) group_left () leeboard_build_info{{component="{component}"}}'


def quantile(share: float, metric: str, by: str, selector: str = "") -> str:
    """The quantile of a histogram by labels."""
    return f"histogram_quantile({share}, sum by (le, {by}) (rate({metric}_bucket{selector}{RATE})))"


def native_quantile(share: float, metric: str, by: str, selector: str = "") -> str:
    """The quantile of a histogram that is a native one too: of that where Prometheus has it, else by the bounds.

    A Prometheus that takes native histograms keeps the bounds only where its scrape says so.
    """
    native = f"histogram_quantile({share}, sum by ({by}) (rate({metric}{selector}{RATE})))"
    return f"{native} or {quantile(share, metric, by, selector)}"


def quantile_of_process(component: str, share: float, metric: str, by: str) -> str:
    """The same of one process of Leeboard."""
    rate = of_process(component, f"rate({metric}_bucket{RATE})")
    return f"histogram_quantile({share}, sum by (le, {by}) ({rate}))"


def happened(metric: str, selector: str, by: str) -> str:
    """How often something happened in the time that is shown, by labels; nothing where it did not.

    `increase` alone misses the first time of each series, which is there only since then: what a series began with,
    if it began in that time, is added.
    """
    series = f"{metric}{selector}"
    began = f"min_over_time({series}[$__range]) unless {series} offset $__range"
    counted = f"increase({series}[$__range]) + (({began}) or min_over_time({series}[$__range]) * 0)"
    return f"round(sum by ({by}) ({counted})) > 0"
