"""What /metrics shows, made of the same counts that the windows are made of."""

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from leeboard.observability.families import Distribution, Family
from leeboard.observability.native import native_histogram
from leeboard.stats.grouping import grouped
from leeboard_serving.exporter.latency import EDGES
from leeboard_serving.exporter.outbox import SHARES, Outbox
from leeboard_serving.exporter.receiver import Receiver
from leeboard_serving.exporter.recorder import Recorder
from leeboard_serving.exporter.tally import Tally
from leeboard_serving.exporter.uploader import Uploader
from leeboard_serving.unread import Unread

_ADDRESS = ("model", "version")
STATUSES = ("2xx", "4xx", "5xx")
"""Classes that the server answers with. Each is there from the beginning, so that a first error is an increase."""

REQUESTS = Family(
    "leeboard_requests_total", "counter", "Requests by class of the HTTP status, such as 2xx.", (*_ADDRESS, "status")
)
SECONDS = Family(
    "leeboard_request_seconds", "histogram", "How long requests took, waiting included.", _ADDRESS, EDGES, native=True
)
ROWS = Family("leeboard_rows_total", "counter", "Rows that were predicted.", _ADDRESS)
MISSING = Family("leeboard_missing_total", "counter", "Missing values of an input.", (*_ADDRESS, "input"))
UNSEEN = Family("leeboard_unseen_total", "counter", "Categories that the reference did not have.", (*_ADDRESS, "input"))
SCORE = Family("leeboard_score", "histogram", "Scores, on the bins of the reference.", _ADDRESS)
FEEDBACK = Family("leeboard_feedback_total", "counter", "Labels that were accepted.", _ADDRESS)
DROPPED = Family(
    "leeboard_observations_dropped_total",
    "counter",
    "Requests that the server could not tell of, or that could not be counted.",
    _ADDRESS,
)
UNREAD = Family(
    "leeboard_unread_requests_total",
    "counter",
    "Answered requests whose rows the proxy before a server of one's own could not read, by reason.",
    (*_ADDRESS, "reason"),
)
MALFORMED = Family("leeboard_malformed_frames_total", "counter", "Frames of the server that were none.", _ADDRESS)
UNNAMED = Family("leeboard_unnamed_rows_total", "counter", "Rows whose id can stand in no ledger.", _ADDRESS)
LOGGED = Family(
    "leeboard_logged_rows_total", "counter", "Rows of requests that were stored with their inputs.", _ADDRESS
)
NOT_LOGGED = Family(
    "leeboard_log_rows_dropped_total",
    "counter",
    "Rows that were to be stored with their inputs and were more, or larger, than may be.",
    _ADDRESS,
)
FAILURES = Family("leeboard_flush_failures_total", "counter", "Flushes that storage did not take.", _ADDRESS)
LAST_FLUSH = Family(
    "leeboard_last_flush_timestamp_seconds",
    "gauge",
    "When everything was last in storage, in seconds since 1970; 0 before the first time.",
    _ADDRESS,
)
OUTBOX = Family(
    "leeboard_outbox_bytes",
    "gauge",
    "Files that wait for storage, in bytes: windows, ledger, feedback, requests, pairs.",
    (*_ADDRESS, "kind"),
)
LOST = Family(
    "leeboard_outbox_dropped_files_total",
    "counter",
    "Files that were lost because storage was away for too long.",
    (*_ADDRESS, "kind"),
)
COPIES = Family(
    "leeboard_shadow_copies_total",
    "counter",
    "Copies of requests that were sent to a challenger, by what came of them: Answered, Unreachable, Timeout, Status,"
    " Answer, OtherVersion.",
    (*_ADDRESS, "challenger", "outcome"),
)
NOT_COPIED = Family(
    "leeboard_shadow_dropped_total",
    "counter",
    "Requests drawn for a challenger of which no copy was sent: Rate, Queue, TooLarge, NoId.",
    (*_ADDRESS, "challenger", "reason"),
)
FAMILIES = (
    *(REQUESTS, SECONDS, ROWS, MISSING, UNSEEN, SCORE, FEEDBACK, DROPPED, UNREAD),
    *(MALFORMED, UNNAMED, LOGGED, NOT_LOGGED, FAILURES, LAST_FLUSH, OUTBOX, LOST, COPIES, NOT_COPIED),
)


class ExporterCollector(Collector):
    """Metrics of one version's pod, labelled with `model` and `version`.

    Scores are shown in groups of bins: every one is a series.
    """

    def __init__(
        self, address: tuple[str, str], recorder: Recorder, receiver: Receiver, outbox: Outbox, uploader: Uploader
    ) -> None:
        self._address = address
        self._groups = recorder.score_groups
        self._recorder, self._receiver, self._outbox, self._uploader = recorder, receiver, outbox, uploader

    def describe(self) -> Iterable[Metric]:
        """Nothing: the names are all in `collect`, and looking at them beforehand would count everything."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Every metric, as it is now."""
        total = self._recorder.total()
        yield from self._requests(total)
        yield from self._columns(total)
        yield from self._exporter(total)
        yield from self._shadow()

    def _shadow(self) -> Iterator[Metric]:
        lanes = tuple(self._recorder.replay.lanes) if self._recorder.replay is not None else ()
        sent = [((one.target.version, name), count) for one in lanes for name, count in sorted(one.outcomes.items())]
        lost = [((one.target.version, name), count) for one in lanes for name, count in sorted(one.dropped.items())]
        yield self._counter(COPIES, sent)
        yield self._counter(NOT_COPIED, lost)

    def _requests(self, total: Tally) -> Iterator[Metric]:
        yield self._counter(
            REQUESTS, [((status,), total.statuses[status]) for status in sorted({*STATUSES, *total.statuses})]
        )
        latencies = self._histogram(SECONDS, EDGES, total.latencies, total.seconds)
        latencies.add_native(self._address, native_histogram(total.native, total.seconds))
        yield latencies
        yield self._counter(ROWS, [((), total.rows)])

    def _columns(self, total: Tally) -> Iterator[Metric]:
        features = total.features.items()
        yield self._counter(MISSING, [((name,), one.missing) for name, one in features])
        unseen = [((name,), int(one.counts[-1])) for name, one in features if one.bins.kind == "Categorical"]
        yield self._counter(UNSEEN, unseen)
        scores = total.prediction
        # a bin ends below its upper edge, and Prometheus counts what is at most that
        below = [math.nextafter(scores.bins.edges[start - 1], -math.inf) for start in self._groups[1:]]
        yield self._histogram(SCORE, below, grouped(scores.counts, self._groups).tolist(), scores.total)

    def _exporter(self, total: Tally) -> Iterator[Metric]:
        log = self._recorder.log
        single = (
            (FEEDBACK, self._recorder.labels),
            (DROPPED, total.dropped),
            (MALFORMED, self._receiver.malformed),
            (UNNAMED, self._recorder.unnamed),
            (LOGGED, log.logged if log is not None else 0),
            (NOT_LOGGED, log.dropped if log is not None else 0),
            (FAILURES, self._uploader.failures),
        )
        for family, count in single:
            yield self._counter(family, [((), count)])
        yield self._counter(UNREAD, [((reason,), total.unread[reason]) for reason in Unread])
        last, waiting = LAST_FLUSH.values(), OUTBOX.values()
        last.add_metric(self._address, self._uploader.last)
        yield last
        for kind in SHARES:
            waiting.add_metric((*self._address, kind), self._outbox.bytes_of(kind))
        yield waiting
        yield self._counter(LOST, [((kind,), self._outbox.dropped[kind]) for kind in SHARES])

    def _counter(self, family: Family, counts: Iterable[tuple[tuple[str, ...], int]]) -> CounterMetricFamily:
        shown = family.counts()
        for values, count in counts:
            shown.add_metric((*self._address, *values), count)
        return shown

    def _histogram(self, family: Family, edges: Iterable[float], counts: Sequence[int], total: float) -> Distribution:
        shown = family.distribution()
        ends = [*map(floatToGoString, edges), "+Inf"]
        shown.add_metric(self._address, [*zip(ends, accumulate(counts), strict=True)], total)
        return shown
