"""The datasets of a run, and what is checked of them before training."""

from typing import Literal

from leeboard.api.base import SpecModel
from leeboard.api.cel import ordered, rules
from leeboard.api.fields import BucketFolderUri, Column, Decimal, described, list_map


class Partitions(SpecModel):
    """Which partitions of a dataset a run takes; resolved anew by every run."""

    pattern: str = described(
        "Path below the URI with {yyyy} and, where wanted, {MM}, {dd} and {HH}, such as {yyyy}-{MM}/.",
        min_length=1,
        max_length=128,
        pattern=r"^([A-Za-z0-9_=./-]|\{yyyy\}|\{MM\}|\{dd\}|\{HH\})*$",
        json_schema_extra=rules(("self.contains('{yyyy}')", "needs {yyyy}")),
    )
    last: int = described("How many of the newest partitions, a count.", ge=1, le=1000)


class MissingLimit(SpecModel):
    """The most missing values that a column may have."""

    column: Column = described("Name of the column in the dataset.")
    percent: int = described("Most missing values, in percent of the rows.", ge=0, le=100)


class ColumnRule(SpecModel):
    """What the values of a column have to be."""

    model_config = SpecModel.model_config | {
        "json_schema_extra": rules(
            (ordered("min", "max"), "min must not exceed max"),
            (
                "!(has(self.min) || has(self.max)) || !has(self.type) || self.type == 'Number'",
                "min and max belong to type Number",
            ),
        )
    }

    name: Column = described("Name of the column in the dataset.")
    type: Literal["Number", "String"] | None = described("Type of the column's values.", default=None)
    min: Decimal | None = described("Smallest value allowed, in the column's own unit.", default=None)
    max: Decimal | None = described("Largest value allowed, in the column's own unit.", default=None)


class Validation(SpecModel):
    """What is checked before training; a dataset that fails ends the run as BadData, without a retry."""

    max_missing: tuple[MissingLimit, ...] = described(
        "Limits for missing values, by column.", default=(), max_length=100, json_schema_extra=list_map("column")
    )
    columns: tuple[ColumnRule, ...] = described(
        "Columns that have to exist, with their types and ranges.",
        default=(),
        max_length=200,
        json_schema_extra=list_map("name"),
    )


class Dataset(SpecModel):
    """One dataset of a run."""

    name: str = described(
        "Name, unique in this TrainingJob: a-z, 0-9 and dashes. The script finds its folder in LEEBOARD_INPUT_<NAME>.",
        min_length=1,
        max_length=63,
        pattern=r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$",
    )
    role: Literal["Train", "Holdout"] = described("Train: given to the script. Holdout: only the evaluation sees it.")
    uri: BucketFolderUri = described("Where the dataset lies, such as s3://bucket/prefix/.")
    partitions: Partitions | None = described("Which partitions to take; all files when absent.", default=None)
    validation: Validation = described(
        "What is checked before training; a dataset that fails is not trained on.", default=Validation()
    )
