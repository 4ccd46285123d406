"""``mokuroku check --format onix``: every product, and the header of each message once.

What the reader says of every product when it is converted is not said again.
"""

from __future__ import annotations

from collections import deque
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from convert.formats.onix.checking import codes, jpro, numbers, shape, values
from convert.formats.onix.checking.schema import Schemas
from convert.formats.onix.checking.view import Found, View, release_of
from convert.model import Location, Record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from convert.check.issue import Finding
    from convert.formats.base import Options
    from convert.formats.xml.node import Document

MAX_FINDINGS, MAX_OF_LARGE, LARGE = 200, 20, 10_000
"""What is told of one product, and of one with a great many elements: every place has to be looked up in it."""
_SAME = {"ONX-ORDER": "ONX-ORDER", "ONX-REPEAT": "ONX-ORDER", "ONX-MARKUP": "ONX-MARKUP"}
"""What the reader says of the same element in place of a code of ours."""


class OnixChecker:
    """Options: ``profile`` (standard or jpro), ``schema`` (a file or folder, or onixcheck)."""

    def __init__(self, options: Options, *, base: Path | None) -> None:
        self._jpro = options.get("profile") == "jpro"
        self._schemas = Schemas.of(options.get("schema"))
        self._header: Any = None
        self._currency = ""
        self._resumed = False

    def resume(self) -> None:
        """The header was told of with the file's first product."""
        self._resumed = True

    def check(self, record: Record) -> tuple[str | None, str | None, list[Finding]]:
        """The product's RecordReference, twice, and the findings."""
        product, document = record.body.element, record.body.document
        view = View(product, document, release_of(product, document), short=product.tag == "product")
        name = view.text(product, "RecordReference") or None
        if any(issue.code == "ONX-OAI-DELETED" for issue in record.issues):
            return name, name, []
        found: Iterator[Finding] = iter(())
        message = document.message
        if message is not None and message.record is not self._header:
            self._header = message.record
            found = self._of_header(message, view)
            if self._resumed:
                self._resumed = False
                deque(found, 0)
        found = chain(found, self._of_product(view))
        limit = MAX_FINDINGS if len(view.elements) < LARGE else MAX_OF_LARGE
        unsaid = list(islice(_unsaid(found, record), limit + 1))
        if len(unsaid) > limit:
            unsaid[limit:] = [view.found("ONX-MANY", product, value=name, limit=limit)]
        return name, name, unsaid

    def _of_header(self, message: Document, product: View) -> Iterator[Finding]:
        header = next((child for child in message.record if message.display(child) == "Header"), None)
        if header is None or not len(header):
            return
        view = View(header, message, product.release, short=product.short)
        self._currency = view.text(header, "DefaultCurrencyCode")
        yield from (found for found in shape.check(view) if not _is_sender(found))
        yield from codes.check(view)
        yield from numbers.check(view)
        yield from values.dates(view)
        if self._jpro:
            yield from jpro.header(view)
        if self._schemas is not None:
            yield from self._schemas.header(view)

    def _of_product(self, view: View) -> Iterator[Finding]:
        yield from shape.check(view)
        yield from codes.check(view)
        yield from numbers.check(view)
        yield from values.dates(view)
        yield from values.prices(view, self._currency)
        yield from values.readings(view)
        if self._jpro:
            yield from jpro.product(view)
        if self._schemas is not None:
            yield from self._schemas.product(view)

    def locate(self, record: Record, finding: Finding) -> Location:
        """The line and column of the element, and its way in reference names."""
        if not isinstance(finding, Found) or finding.element is None:
            return Location(record.source, line=record.line, path="/Product/RecordReference", field="RecordReference")
        document = record.body.document
        if finding.element is not document.top and not _inside(finding.element, document.top):
            document = document.message
        line, column = document.places.start(finding.element)
        path = document.places.path(finding.element)
        if finding.attribute:
            path = f"{path}/@{finding.attribute}"
        return Location(record.source, line=line, column=column, path=path)


def _inside(element: Any, top: Any) -> bool:
    while element is not None and element is not top:
        element = element.getparent()
    return element is not None


def _is_sender(found: Found) -> bool:
    """The reader itself misses a sender."""
    return found.code == "ONX-CHILD-MISSING" and found.slots == {"element": "Sender", "parent": "Header"}


def _unsaid(found: Iterable[Finding], record: Record) -> Iterator[Finding]:
    """What the reader has not said of the same element already."""
    said = {(issue.code, issue.at.path) for issue in record.issues}
    document = record.body.document
    for finding in found:
        same = _SAME.get(finding.code)
        if same and said and isinstance(finding, Found) and _inside(finding.element, document.top):  # noqa: SIM102 - two questions
            if (same, document.places.path(finding.element)) in said:
                continue
        yield finding
