"""What /metrics shows, made of the same counts that the windows are made of."""

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from leeboard_serving.exporter.latency import EDGES
from leeboard_serving.exporter.outbox import SHARES, Outbox
from leeboard_serving.exporter.receiver import Receiver
from leeboard_serving.exporter.recorder import Recorder
from leeboard_serving.exporter.tally import Tally
from leeboard_serving.exporter.uploader import Uploader

_ADDRESS = ("model", "version")


class ExporterCollector(Collector):
    """Metrics of one version's pod, labelled with `model` and `version`."""

    def __init__(
        self, address: tuple[str, str], recorder: Recorder, receiver: Receiver, outbox: Outbox, uploader: Uploader
    ) -> None:
        self._address = address
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

    def _requests(self, total: Tally) -> Iterator[Metric]:
        statuses = [((status,), count) for status, count in sorted(total.statuses.items())]
        yield self._counter("leeboard_requests", "Requests by class of the HTTP status.", statuses, ("status",))
        yield self._histogram(
            "leeboard_request_seconds", "How long requests took.", EDGES, total.latencies, total.seconds
        )
        yield self._counter("leeboard_rows", "Rows that were predicted.", [((), total.rows)])

    def _columns(self, total: Tally) -> Iterator[Metric]:
        features = total.features.items()
        missing = [((name,), one.missing) for name, one in features]
        unseen = [((name,), int(one.counts[-1])) for name, one in features if one.bins.kind == "Categorical"]
        yield self._counter("leeboard_missing", "Missing values of an input.", missing, ("input",))
        yield self._counter("leeboard_unseen", "Categories that the reference did not have.", unseen, ("input",))
        scores = total.prediction
        # a bin ends below its upper edge, and Prometheus counts what is at most that
        below = [math.nextafter(edge, -math.inf) for edge in scores.bins.edges]
        yield self._histogram(
            "leeboard_score", "Scores, on the bins of the reference.", below, scores.counts.tolist(), scores.total
        )

    def _exporter(self, total: Tally) -> Iterator[Metric]:
        single = (
            ("leeboard_feedback", "Labels that were accepted.", self._recorder.labels),
            ("leeboard_observations_dropped", "Requests that the server could not tell of.", total.dropped),
            ("leeboard_malformed_frames", "Frames of the server that were none.", self._receiver.malformed),
            ("leeboard_unnamed_rows", "Rows whose id can stand in no ledger.", self._recorder.unnamed),
            ("leeboard_flush_failures", "Flushes that storage did not take.", self._uploader.failures),
        )
        for name, text, count in single:
            yield self._counter(name, text, [((), count)])
        last = GaugeMetricFamily(
            "leeboard_last_flush_timestamp_seconds", "When everything was last in storage.", labels=_ADDRESS
        )
        last.add_metric(self._address, self._uploader.last)
        yield last
        waiting = GaugeMetricFamily("leeboard_outbox_bytes", "Files that wait for storage.", labels=(*_ADDRESS, "kind"))
        for kind in SHARES:
            waiting.add_metric((*self._address, kind), self._outbox.bytes_of(kind))
        yield waiting
        dropped = [((kind,), self._outbox.dropped[kind]) for kind in SHARES]
        yield self._counter("leeboard_outbox_dropped_files", "Files that were lost.", dropped, ("kind",))

    def _counter(
        self, name: str, text: str, counts: Iterable[tuple[tuple[str, ...], int]], labels: tuple[str, ...] = ()
    ) -> CounterMetricFamily:
        family = CounterMetricFamily(name, text, labels=(*_ADDRESS, *labels))
        for values, count in counts:
            family.add_metric((*self._address, *values), count)
        return family

    def _histogram(
        self, name: str, text: str, edges: Iterable[float], counts: Sequence[int], total: float
    ) -> HistogramMetricFamily:
        family = HistogramMetricFamily(name, text, labels=_ADDRESS)
        ends = [*map(floatToGoString, edges), "+Inf"]
        family.add_metric(self._address, [*zip(ends, accumulate(counts), strict=True)], total)
        return family
