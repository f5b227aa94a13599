"""`leeboard get versions`: what was trained, how good it is, and how it stands."""

from collections.abc import Iterator
from datetime import datetime

from rich.text import Text

from leeboard.api.model import Model
from leeboard.api.model_version import ModelVersion
from leeboard.cli.get.listing import Listed, Listing
from leeboard.cli.objects import Objects
from leeboard.cli.show import styles
from leeboard.cli.show.figures import figure
from leeboard.cli.show.moments import age
from leeboard.cli.show.quantities import digest
from leeboard.cli.show.table import Column, cell
from leeboard.cli.standing import Standing, main_metric, parents, standing, verified
from leeboard.planning.rollout.selection import age_order, registered_at


def _rows(objects: Objects, now: datetime) -> Iterator[Listed]:
    named = parents(objects.versions)
    newest_first = sorted(objects.versions, key=age_order, reverse=True)
    for version in sorted(newest_first, key=lambda one: (one.metadata.namespace, one.spec.model_ref.name)):
        namespace, model = version.metadata.namespace, version.spec.model_ref.name
        its_model = objects.model(namespace, model)
        cells = _cells(version, its_model, standing(version, its_model, named), now)
        yield Listed(namespace, model, cells)


def _cells(version: ModelVersion, model: Model | None, stands: Standing, now: datetime) -> tuple[Text, ...]:
    spec = version.spec
    metric = main_metric(version, model)
    imported = "Imported" if spec.source.import_ is not None else ""
    return (
        cell(version.metadata.name, styles.NAME),
        cell(spec.model_ref.name),
        cell(spec.cause.kind if spec.cause is not None else imported),
        cell(digest(spec.code.commit) if spec.code is not None and spec.code.commit else "", styles.DIGEST),
        _verified(version),
        cell(f"{metric.name} {figure(metric)}" if metric is not None else ""),
        cell(age(registered_at(version), now)),
        cell(f"{stands.word}: {stands.reason}" if stands.reason else stands.word, stands.style),
    )


def _verified(version: ModelVersion) -> Text:
    observed = verified(version).startswith("yes")
    return cell("yes" if observed else "no", "" if observed else styles.NOTICE)


LISTING = Listing(
    name="versions",
    aliases=("version", "modelversions", "modelversion", "mv"),
    kind=ModelVersion,
    beside=(Model,),
    columns=(
        Column("VERSION"),
        Column("MODEL", spare=3),
        Column("CAUSE", spare=2),
        Column("COMMIT", spare=1),
        Column("VERIFIED"),
        Column("METRIC", spare=5),
        Column("AGE", spare=4),
        Column("STATUS"),
    ),
    rows=_rows,
)
