"""From the warmth of skin to the figure that the office's limits speak of: a line of few points, by name and version.

The station's thermometers map their readings with one of MAPPINGS, which the settings name; a record carries the name.
Rule: no squashing. Of seven commercial gate devices seven pulled high readings towards normal (J. Biomed. Opt. 26(4)
043009, 2021); so a mapping here rises everywhere, by at least 0.9 degrees a degree where fevers are, and never lowers
a reading: what was at the office's limit stays at or above it, whatever the limit is.
"""

from itertools import pairwise

from msgspec import Struct

from gate.temperature import MappingName, Site

# Where fevers are, in degrees Celsius, before and after the mapping.
FEVERS = (36.0, 41.0)
LEAST_SLOPE = 0.9
Point = tuple[float, float]


class Mapping(Struct, frozen=True, forbid_unknown_fields=True):
    """A line through points (skin, mapped), rising, in degrees Celsius; beyond its ends it goes on with slope 1.

    site: where on the skin it holds. ambient_low_celsius, ambient_high_celsius: in which air; elsewhere a reading is
    doubtful. uncertainty_celsius: what the mapping itself adds to that of the sensor (95 of 100 cases).
    """

    name: MappingName
    site: Site
    points: tuple[Point, ...]
    uncertainty_celsius: float = 0.0
    ambient_low_celsius: float = 16.0
    ambient_high_celsius: float = 40.0

    def __post_init__(self) -> None:
        """Raises ValueError with the points where it would squash, fall or hide a fever."""
        if not self.points:
            raise ValueError(f"mapping {self.name}: has no points; give at least one pair (skin, mapped)")
        if not all(-100.0 < figure < 200.0 for point in self.points for figure in point):
            raise ValueError(f"mapping {self.name}: a point is no pair of temperatures in degrees Celsius")
        for first, second in pairwise(self.points):
            self._check_segment(first, second)
        for raw, mapped in self.points:
            # Between two points that do not lower, the line does not lower either.
            if mapped < raw:
                raise ValueError(
                    f"mapping {self.name}: makes {mapped:g} of {raw:g}, so a fever could come out below the limit"
                )

    def _check_segment(self, first: Point, second: Point) -> None:
        if not second[0] > first[0] or not second[1] > first[1]:
            raise ValueError(f"mapping {self.name}: does not rise from {first} to {second}")
        slope = (second[1] - first[1]) / (second[0] - first[0])
        among_fevers = any(second[i] > FEVERS[0] and first[i] < FEVERS[1] for i in (0, 1))
        if among_fevers and slope < LEAST_SLOPE - 1e-9:
            raise ValueError(
                f"mapping {self.name}: from {first} to {second} it rises by {slope:.2f} a degree; "
                f"between {FEVERS[0]:g} and {FEVERS[1]:g} it must be {LEAST_SLOPE} or more"
            )

    def celsius(self, raw_celsius: float) -> float:
        """The mapped figure of a reading of skin."""
        # No rounding error of the line may lower it either.
        return max(raw_celsius, self._on_line(raw_celsius))

    def _on_line(self, raw_celsius: float) -> float:
        if raw_celsius <= self.points[0][0]:
            return raw_celsius + (self.points[0][1] - self.points[0][0])
        for (raw, mapped), (next_raw, next_mapped) in pairwise(self.points):
            if raw_celsius <= next_raw:
                return mapped + (raw_celsius - raw) * (next_mapped - mapped) / (next_raw - raw)
        return raw_celsius + (self.points[-1][1] - self.points[-1][0])

    def fits(self, ambient_celsius: float | None) -> bool:
        """Whether it holds in this air; unknown air fits nothing."""
        return ambient_celsius is not None and (
            self.ambient_low_celsius <= ambient_celsius <= self.ambient_high_celsius
        )


# A mapping is never changed once it is released: records name it. A better one gets the next number.
MAPPINGS = {
    mapping.name: mapping
    for mapping in (
        # The skin itself, with nothing added: for black bodies, trials, and modules that map by themselves.
        Mapping("skin@1", Site.FOREHEAD, ((36.0, 36.0),), 0.0, ambient_low_celsius=0.0, ambient_high_celsius=50.0),
        Mapping("skin-wrist@1", Site.WRIST, ((36.0, 36.0),), 0.0, ambient_low_celsius=0.0, ambient_high_celsius=50.0),
        # Shifts, not curves: what is known of skin at a gate bears no more (docs/thermometer.md says whence and how
        # badly). One slope, so a degree of fever stays a degree.
        Mapping("forehead-indoor@1", Site.FOREHEAD, ((34.5, 36.6),), 0.6, 18.0, 30.0),
        Mapping("wrist-indoor@1", Site.WRIST, ((33.6, 36.6),), 0.8, 18.0, 30.0),
    )
}


def mapping_named(name: str) -> Mapping:
    """Raises ValueError with the names that exist."""
    if name not in MAPPINGS:
        raise ValueError(f"no mapping {name!r}: choose one of {', '.join(sorted(MAPPINGS))}")
    return MAPPINGS[name]
