"""What the server counts, in the text format of Prometheus. The names and labels are few, whatever is asked."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from threading import Lock
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

MEDIA: Final = "text/plain; version=0.0.4; charset=utf-8"
BOUNDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
"""Upper bounds of seconds."""


class Metrics:
    """Counts since the server was started."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._requests: Counter[tuple[str, int]] = Counter()
        self._errors: Counter[str] = Counter()
        self._seconds = [0] * (len(BOUNDS) + 1)
        self._sum = 0.0
        self._bytes = self._records = 0

    def add(
        self, verb: str, status: int, errors: tuple[str, ...] = (), *, size: int = 0, records: int = 0, seconds: float
    ) -> None:
        """One answer."""
        with self._lock:
            self._requests[verb, status] += 1
            self._errors.update(errors)
            self._seconds[bisect_left(BOUNDS, seconds)] += 1
            self._sum += seconds
            self._bytes += size
            self._records += records

    def text(self, gauges: dict[str, float]) -> str:
        """All of it. ``gauges``: what is so at this moment."""
        with self._lock:
            lines = [*self._lines()]
        for name, value in gauges.items():
            lines += [f"# TYPE mokuroku_oai_{name} gauge", f"mokuroku_oai_{name} {value:g}"]
        return "\n".join(lines) + "\n"

    def _lines(self) -> Iterator[str]:
        yield "# TYPE mokuroku_oai_requests_total counter"
        for (verb, status), count in sorted(self._requests.items()):
            yield f'mokuroku_oai_requests_total{{verb="{verb}",status="{status}"}} {count}'
        yield "# TYPE mokuroku_oai_errors_total counter"
        for code, count in sorted(self._errors.items()):
            yield f'mokuroku_oai_errors_total{{code="{code}"}} {count}'
        yield "# TYPE mokuroku_oai_request_seconds histogram"
        total = 0
        for bound, count in zip((*BOUNDS, float("inf")), self._seconds, strict=True):
            total += count
            yield f'mokuroku_oai_request_seconds_bucket{{le="{"+Inf" if bound == float("inf") else bound}"}} {total}'
        yield f"mokuroku_oai_request_seconds_sum {self._sum:.6f}"
        yield f"mokuroku_oai_request_seconds_count {total}"
        yield "# TYPE mokuroku_oai_answer_bytes_total counter"
        yield f"mokuroku_oai_answer_bytes_total {self._bytes}"
        yield "# TYPE mokuroku_oai_records_total counter"
        yield f"mokuroku_oai_records_total {self._records}"
