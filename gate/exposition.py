"""How either side tells its figures to Prometheus: families made afresh at each scrape.

station.metrics and hub.metrics speak by it. Rule: nothing is kept here, and nothing of the process-wide registry is
touched; labels are the caller's to keep free of persons. Text format 1.0.0 of https://prometheus.io/docs/instrumenting/exposition_formats/.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

Labels = TypeVar("Labels", bound=tuple[str, ...])


class AtEachScrape(Collector):
    """Asks at each scrape, so that nothing has to be told meanwhile."""

    def __init__(self, families: Callable[[], Iterator[Metric]]) -> None:
        self._families = families

    def collect(self) -> Iterator[Metric]:
        return self._families()

    def describe(self) -> Iterator[Metric]:
        """Nothing, or the registry would ask before there is anything to tell."""
        return iter(())


def gauge(name: str, says: str, value: float) -> GaugeMetricFamily:
    """One figure that may rise and fall; a truth is told as 1 or 0."""
    return GaugeMetricFamily(name, says, float(value))


def labelled(name: str, says: str, labels: Labels, values: Mapping[Labels, float]) -> GaugeMetricFamily:
    """One figure for each tuple of label values, which stand as the labels do."""
    family = GaugeMetricFamily(name, says, labels=labels)
    for told, value in values.items():
        family.add_metric(told, float(value))
    return family
