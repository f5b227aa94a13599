"""The three Models that the pictures are about: one drifts, one waits for somebody, one is well."""

from __future__ import annotations

from dataclasses import dataclass

HOUR, DAY = 3600, 86_400


@dataclass(frozen=True)
class Watched:
    """A Model with its monitor: its inputs with their usual distance, and how far these moved when things drifted."""

    namespace: str
    model: str
    champion: str
    rows: float
    inputs: dict[str, tuple[float, float]]
    metric: str
    holdout: float
    limit: float
    worse: float = 0.0


WATCHED = (
    Watched(
        "ml",
        "late-flights",
        "late-flights-8",
        44 * 3 * HOUR / 60,
        {
            "wind_speed": (0.03, 0.24),
            "visibility": (0.02, 0.15),
            "carrier": (0.025, 0.01),
            "origin": (0.02, 0.0),
            "distance": (0.018, 0.0),
            "dew_point": (0.03, 0.05),
            "pressure": (0.02, 0.02),
            "temperature": (0.035, 0.03),
            "humidity": (0.03, 0.02),
            "departure_delay": (0.015, 0.0),
        },
        "roc_auc",
        0.741,
        0.711,
        worse=-0.052,
    ),
    Watched(
        "shop",
        "basket-value",
        "basket-value-31",
        9 * 3 * HOUR / 60,
        {"basket_size": (0.04, 0.02), "country": (0.02, 0.0), "hour": (0.01, 0.0)},
        "rmse",
        11.9,
        13.1,
    ),
    Watched(
        "payments",
        "card-checks",
        "card-checks-112",
        120 * 3 * HOUR / 60,
        {"amount": (0.05, 0.035), "merchant": (0.03, 0.02)},
        "roc_auc",
        0.962,
        0.952,
    ),
)
