"""The figures that an operator watches: what there is to be told, and how those of several processes become one."""

import operator
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from app.core.observability.traffic import BOUNDS

Labels = tuple[str, ...]
Figures = dict[str, dict[Labels, list[float]]]
"""By the name of a family and its labels' values: one number, or a histogram's buckets, each for itself, and their sum."""


@dataclass(frozen=True, slots=True)
class Family:
    """Figures of one name."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    help: str
    labels: Labels = ()
    together: Literal["sum", "max", "min"] = "sum"


_CHOICES: dict[str, Callable[[float, float], float]] = {"sum": operator.add, "max": max, "min": min}

FAMILIES: dict[str, Family] = {}
"""Everything that can be told, in the order in which it is."""


def enter(*families: Family) -> None:
    """Add to what can be told; a counter's name ends in `_total`, and labels have few values, known beforehand."""
    FAMILIES.update({family.name: family for family in families})


enter(
    Family("dateline_processes", "gauge", "Processes that serve or work."),
    Family("dateline_requests_total", "counter", "Requests that were answered.", ("route", "method", "status")),
    Family("dateline_request_seconds", "histogram", "How long they took, to the last byte.", ("route", "method")),
    Family("dateline_requests_under_way", "gauge", "Requests that the cache did not answer, and nobody else yet."),
    Family("dateline_cache_hits_total", "counter", "Reads answered by the cache."),
    Family("dateline_cache_misses_total", "counter", "Reads that had to be made."),
    Family("dateline_cache_not_modified_total", "counter", "Reads whose client had the answer already (304)."),
    Family("dateline_cache_overtaken_total", "counter", "Answers that a change overtook while they were made; they are not kept."),
    Family("dateline_cache_dropped_total", "counter", "Answers dropped because a change made them untrue."),
    Family("dateline_cache_evicted_total", "counter", "Answers that went to make room."),
    Family("dateline_cache_bytes", "gauge", "What the cache takes, about."),
    Family("dateline_cache_limit_bytes", "gauge", "What it may take."),
    Family("dateline_cache_entries", "gauge", "Answers in the cache."),
    Family("dateline_statements_total", "counter", "Statements asked of the database.", ("route", "method")),
    Family("dateline_statement_seconds_total", "counter", "How long they took.", ("route", "method")),
    Family("dateline_slow_statements_total", "counter", "Statements that took longer than DATELINE_SLOW_STATEMENT_MS."),
    Family("dateline_database_connections", "gauge", "Open connections.", ("state",)),
    Family("dateline_database_connections_limit", "gauge", "Connections that may be open at the most."),
    Family("dateline_database_up", "gauge", "Whether the database answered this question.", together="max"),
    Family("dateline_log_head", "gauge", "The number of the last event in the log.", together="max"),
    Family("dateline_log_read", "gauge", "The last event that every process's cache has heard of.", together="min"),
    Family("dateline_log_lag_events", "gauge", "Events that some process's cache has not heard of.", together="max"),
    Family(
        "dateline_log_followed", "gauge", "Whether every process can follow the log; while one cannot, its cache rests.", together="min"
    ),
    Family("dateline_worker_leads", "gauge", "Whether some worker does what has to be done in the background.", together="max"),
    Family("dateline_worker_lag_events", "gauge", "Events that the slowest webhook was not looked through for.", together="max"),
    Family("dateline_deliveries_waiting", "gauge", "Messages to webhooks that are not delivered yet.", together="max"),
    Family("dateline_deliveries_late_seconds", "gauge", "For how long the oldest of them has been due.", together="max"),
    Family("dateline_delivery_attempts_total", "counter", "Messages that were sent to webhooks, by what came back.", ("answer",)),
    Family("dateline_deliveries_total", "counter", "Messages to webhooks that are done: delivered, or given up for good.", ("outcome",)),
    Family("dateline_transitions_late_seconds", "gauge", "For how long something that happens by itself has been due.", together="max"),
    Family("dateline_streams_open", "gauge", "Streams of changes, and requests that wait for one."),
    Family("dateline_rate_limited_total", "counter", "Requests that were too many (429).", ("policy",)),
    Family("dateline_cpu_seconds_total", "counter", "Processor time that the processes have used."),
)


def put(figures: Figures, name: str, value: float, *labels: str) -> None:
    """Note one number."""
    figures.setdefault(name, {})[labels] = [float(value)]


def joined(parts: Iterable[Figures]) -> Figures:
    """The figures of all, each name as its family says."""
    found: Figures = {}
    for part in parts:
        for name, series in part.items():
            known = found.setdefault(name, {})
            for labels, values in series.items():
                known[labels] = _both(FAMILIES[name].together, known[labels], values) if labels in known else values
    return found


def _both(together: str, left: list[float], right: list[float]) -> list[float]:
    choose = _CHOICES[together]
    return [choose(a, b) for a, b in zip(left, right, strict=True)]


def lasting(figures: Figures) -> Figures:
    """What stays true of a process that has ended: what it counted, not what it held."""
    return {name: series for name, series in figures.items() if FAMILIES[name].kind != "gauge"}


class Told(Collector):
    """Figures as prometheus-client writes them out."""

    def __init__(self, figures: Figures) -> None:
        self._figures = figures

    def collect(self) -> Iterator[Metric]:
        """Every family of which something is known."""
        for name, family in FAMILIES.items():
            if name in self._figures:
                yield _metric(family, self._figures[name])


def _metric(family: Family, series: dict[Labels, list[float]]) -> Metric:
    if family.kind == "histogram":
        histogram = HistogramMetricFamily(family.name, family.help, labels=family.labels)
        for labels, values in sorted(series.items()):
            histogram.add_metric(labels, list(_cumulated(values[:-1])), values[-1])
        return histogram
    metric = (CounterMetricFamily if family.kind == "counter" else GaugeMetricFamily)(family.name, family.help, labels=family.labels)
    for labels, values in sorted(series.items()):
        metric.add_metric(labels, values[0])
    return metric


def _cumulated(buckets: list[float]) -> Iterator[tuple[str, float]]:
    """As Prometheus wants them: each bucket counts those below it too."""
    count = 0.0
    for bound, own in zip([*map(str, BOUNDS), "+Inf"], buckets, strict=True):
        count += own
        yield bound, count
