"""A real scikit-learn model, trained in a second, laid out in a folder as a training run leaves it in storage."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import skops.io
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from leeboard.storage import Manifest
from leeboard.storage.digests import digest_of

CARRIERS = ("AA", "B6", "UA")


def flights(rows: int, seed: int, *, warmer: float = 0.0) -> pd.DataFrame:
    """Rows of inputs and labels: late flights are the long ones of B6 in the cold; some winds are missing."""
    generator = np.random.default_rng(seed)
    distance = generator.integers(100, 2500, rows)
    temperature = generator.normal(5 + warmer, 6, rows)
    carrier = generator.choice(CARRIERS, rows)
    wind = np.where(generator.random(rows) < 0.05, np.nan, generator.gamma(2.0, 5.0, rows))
    signal = (distance - 1300) / 600 - (temperature - 5) / 5 + np.where(carrier == "B6", 1.0, -0.5)
    late = generator.random(rows) < 1 / (1 + np.exp(-signal))
    return pd.DataFrame(
        {"distance": distance, "temp": temperature, "wind": wind, "carrier": carrier, "label": late.astype(int)}
    )


def train(frame: pd.DataFrame, **options: Any) -> Any:
    """A pipeline fitted on named columns."""
    columns = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore", sparse_output=False), ["carrier"]), remainder="passthrough"
    )
    model = HistGradientBoostingClassifier(max_iter=30, random_state=1, **options)
    return make_pipeline(columns, model).fit(frame.drop(columns="label"), frame["label"])


@dataclass(frozen=True)
class Bucket:
    """A folder that stands for a bucket, with the documents that runs would have written about what lies in it."""

    root: Path

    @property
    def uri(self) -> str:
        """The bucket's address."""
        return f"file://{self.root}/"

    def publish(self, run: str, model: Any) -> dict[str, Any]:
        """Lay out an artefact; returns the result's `artifact`."""
        folder = self.root / run / "model"
        folder.mkdir(parents=True)
        skops.io.dump(model, folder / "model.skops")
        manifest = Manifest.of_directory(folder)
        (self.root / run / "manifest.json").write_bytes(manifest.to_bytes())
        return {
            "uri": f"{self.uri}{run}/",
            "digest": manifest.digest,
            "format": "sklearn-skops",
            "bytes": manifest.bytes,
        }

    def reference(self, run: str, frame: pd.DataFrame) -> dict[str, str]:
        """Lay out a reference.parquet; returns its `{uri, digest}`."""
        path = self.root / run / "reference.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        frame.to_parquet(path)
        return {"uri": f"{self.uri}{run}/reference.parquet", "digest": digest_of(path.read_bytes())}

    def dataset(self, name: str, parts: dict[str, pd.DataFrame]) -> dict[str, Any]:
        """Lay out tables below a folder; returns the dataset's record."""
        for path, frame in parts.items():
            place = self.root / name / path
            place.parent.mkdir(parents=True, exist_ok=True)
            if path.endswith(".parquet"):
                frame.to_parquet(place)
            else:
                frame.to_csv(place, index=False)
        return {
            "name": name,
            "role": "Holdout",
            "uri": f"{self.uri}{name}/",
            "partitions": [],
            "digest": Manifest.of_directory(self.root / name).digest,
            "rows": sum(len(frame) for frame in parts.values()),
            "schemaDigest": digest_of(b"schema"),
        }

    def read(self, uri: str) -> Any:
        """A stored JSON document."""
        return json.loads(Path(uri.removeprefix("file://")).read_bytes())
