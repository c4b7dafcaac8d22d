"""The figures that gate and office tell, as whoever scrapes them reads them: by Prometheus' own parser."""

from prometheus_client.parser import text_string_to_metric_families


def figures(text: bytes) -> dict[str, float]:
    """By name and labels."""
    return {
        sample.name + "".join(f"[{label}]" for label in sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }
