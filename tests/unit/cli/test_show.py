"""Single values as a person reads them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from rich.text import Text

from leeboard.api.model_version import Metric
from leeboard.cli.show.figures import figure
from leeboard.cli.show.moments import age, span, utc
from leeboard.cli.show.quantities import count, digest, size
from leeboard.cli.show.table import Column, cell, table
from leeboard.cli.show.text import clean, folded, styled

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (0.9, "0s"),
        (-5, "0s"),
        (59, "59s"),
        (60, "1m"),
        (252, "4m12s"),
        (599, "9m59s"),
        (600, "10m"),
        (3600, "1h"),
        (3605, "1h"),
        (12_000, "3h20m"),
        (36_000, "10h"),
        (86_400 * 5 + 3 * 3600, "5d3h"),
        (86_400 * 41, "41d"),
        (86_400 * (365 * 2 + 40), "2y40d"),
    ],
)
def test_spans_keep_two_units_while_they_are_short(seconds: float, text: str) -> None:
    assert span(timedelta(seconds=seconds)) == text


def test_an_age_that_is_not_known_is_a_dash() -> None:
    assert age(None, NOW) == "-"
    assert age(NOW - timedelta(minutes=12), NOW) == "12m"


def test_times_are_given_in_utc() -> None:
    assert utc(datetime(2026, 3, 2, 1, 30, 59, tzinfo=timezone(timedelta(hours=-5)))) == "2026-03-02 06:30 UTC"


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1.00 kB"),
        (1_234_567, "1.23 MB"),
        (12_345_678, "12.3 MB"),
        (123_456_789, "123 MB"),
        (999_600_000, "1.00 GB"),
        (5 * 10**18, "5000 PB"),
    ],
)
def test_sizes_have_three_digits(number: int, text: str) -> None:
    assert size(number) == text


def test_counts_and_digests() -> None:
    assert count(312456) == "312,456"
    whole = "sha256:" + "0123456789abcdef" * 4
    assert digest(whole) == "0123456789ab"
    assert digest(whole, wide=True) == whole
    assert digest("fedcba9876543210" * 2) == "fedcba987654"


@pytest.mark.parametrize(
    ("value", "low", "high", "text"),
    [
        ("0.731245", "0.722123", "0.740345", "0.731 [0.722, 0.740]"),
        ("0.731245", "0.731145", "0.731345", "0.73124 [0.73114, 0.73134]"),
        ("12.3456", "11.9", "12.8", "12.35 [11.90, 12.80]"),
        ("1523.4", "1490", "1556", "1523 [1490, 1556]"),
        ("1.5e-09", "1e-09", "2e-09", "1.5E-9 [1E-9, 2E-9]"),
        ("0.5", "0.5", "0.5", "0.5 [0.5, 0.5]"),
        ("-0.0001", "-0.02", "0.02", "0.000 [-0.020, 0.020]"),
    ],
)
def test_figures_keep_the_digits_that_their_interval_bears(value: str, low: str, high: str, text: str) -> None:
    assert figure(Metric(name="m", value=value, low=low, high=high)) == text


def test_figures_signed_and_exact() -> None:
    metric = Metric(name="m", value="0.061373", low="-0.008210", high="0.134536")
    assert figure(metric, signed=True) == "+0.06 [-0.01, +0.13]"
    assert figure(metric, exact=True) == "0.061373 [-0.008210, 0.134536]"


def test_what_steers_a_terminal_is_not_let_through() -> None:
    assert clean("red\x1b[31m\x07\x9b1m") == "red\N{REPLACEMENT CHARACTER}[31m" + "\N{REPLACEMENT CHARACTER}" * 2 + "1m"
    assert clean("one\r\ntwo\tthree") == "one two three"
    assert clean("abc\u202edef") == "abc\N{REPLACEMENT CHARACTER}def"
    assert clean("größer 東京 →") == "größer 東京 →"


def test_folding_keeps_styles_and_breaks_long_words() -> None:
    lines = folded(styled("seven ", ("eleven", "red"), " " + "x" * 25), 10)
    assert [line.plain for line in lines] == ["seven", "eleven", "x" * 10, "x" * 10, "x" * 5]
    assert [(span.start, span.end) for span in lines[1].spans if span.style == "red"] == [(0, 6)]


def test_wide_characters_count_double() -> None:
    assert [line.plain for line in folded(Text("東京東京東京"), 8)] == ["東京東京", "東京"]
    lines = table([Column("A"), Column("B")], [[cell("東京"), cell("x")], [cell("ab"), cell("y")]])
    assert [line.plain for line in lines] == ["A     B", "東京  x", "ab    y"]


def test_only_the_last_column_is_cut_and_only_when_it_has_to_be() -> None:
    rows = [[cell("n" * 30), cell("w" * 40)]]
    columns = [Column("NAME"), Column("WORDS")]
    assert table(columns, rows)[1].plain == "n" * 30 + "  " + "w" * 40
    assert table(columns, rows, width=60)[1].plain == "n" * 30 + "  " + "w" * 27 + "…"
    assert table(columns, rows, width=10)[1].plain == "n" * 30 + "  " + "w" * 19 + "…"


def test_numbers_end_in_the_same_column_and_empty_cells_have_a_dash() -> None:
    rows = [[cell("1,204"), cell("")], [cell("7"), cell("b")]]
    lines = table([Column("ROWS", right=True), Column("NAME")], rows)
    assert [line.plain for line in lines] == [" ROWS  NAME", "1,204  -", "    7  b"]
