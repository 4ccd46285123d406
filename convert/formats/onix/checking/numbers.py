"""Identifiers of products, collections and names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from convert.values import doi, isbn, isni, issn, jan

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convert.formats.onix.checking.view import Found, View

_ISBN10, _GTIN13, _DOI, _ISBN13, _COPUBLISHER, _ECODE, _MAGAZINE = "02", "03", "06", "15", "24", "27", "29"
_PROPRIETARY = "01"
_ECODE_FORM = re.compile("[0-9A-Za-z]{20}")
_MAGAZINE_FORM = re.compile("[0-9]{5}-[0-9]{2}")
_TIDY = re.compile(r"[0-9]{9}[0-9X]|[0-9]{13}")
_TYPES = (
    ("ProductIdentifier", "ProductIDType"), ("CollectionIdentifier", "CollectionIDType"),
    ("SeriesIdentifier", "SeriesIDType"), ("NameIdentifier", "NameIDType"),
    ("PersonNameIdentifier", "PersonNameIDType"), ("PublisherIdentifier", "PublisherIDType"),
    ("ImprintIdentifier", "ImprintIDType"), ("SupplierIdentifier", "SupplierIDType"),
    ("AgentIdentifier", "AgentIDType"), ("SenderIdentifier", "SenderIDType"),
    ("AddresseeIdentifier", "AddresseeIDType"), ("WorkIdentifier", "WorkIDType"),
    ("RecordSourceIdentifier", "RecordSourceIDType"),
)  # fmt: skip
"""Identifiers: a composite, and the element that says which kind it is."""
_REASONS = {
    "empty": ("数字がありません", "no digits"),
    "several": ("番号が2つ以上あります", "several numbers"),
    "character": ("数字でない文字があります", "a character that is no digit"),
    "length": ("けたの数が違います", "the number of digits"),
    "form": ("形が違います", "its form"),
    "prefix": ("978・979で始まっていません", "no prefix 978 or 979"),
    "check": ("チェック数字が合いません", "the check digit"),
    "placeholder": ("仮の番号です", "a placeholder"),
    "group": ("使われていない番号帯です", "a range that is not in use"),
}


def check(view: View) -> Iterator[Found]:
    """Every identifier on its own, and those of the product against each other."""
    for composite, kind in _TYPES:
        for identifier in view.all(composite):
            yield from _identifier(view, identifier, view.text(identifier, kind), composite)
    for name in ("ISBN", "EAN13"):
        for element in view.all(name):
            yield from _book_number(view, element, name)
    yield from _agreement(view)


def _identifier(view: View, identifier: Any, kind: str, composite: str) -> Iterator[Found]:
    element = view.child(identifier, "IDValue")
    if element is None or not view.value(element):
        return
    if kind == _PROPRIETARY and view.child(identifier, "IDTypeName") is None:
        yield view.found("ONX-ID-NAME", element, composite=composite)
    if composite == "ProductIdentifier":
        yield from _product(view, element, kind)
    elif composite in ("CollectionIdentifier", "SeriesIdentifier") and kind == "02":
        if issn.validate(view.value(element)) is not None:
            yield view.found("ONX-ISSN", element)
    elif composite == "NameIdentifier" and kind in ("16", "21"):
        good = isni.is_valid if kind == "16" else isni.is_orcid
        if not good(view.value(element)):
            yield view.found("ONX-NAME-ID", element, scheme="ISNI" if kind == "16" else "ORCID")


def _product(view: View, element: Any, kind: str) -> Iterator[Found]:
    if kind in (_ISBN10, _ISBN13, _COPUBLISHER):
        yield from _book_number(view, element, "ISBN" if kind == _ISBN10 else "ISBN-13")
    elif kind == _GTIN13:
        yield from _book_number(view, element, "GTIN")
    elif kind == _DOI and doi.compact(view.value(element)) is None:
        yield view.found("ONX-DOI", element)
    elif kind == _ECODE and not _ECODE_FORM.fullmatch(view.value(element)):
        yield view.found("ONX-ECODE", element)
    elif kind == _MAGAZINE and not _MAGAZINE_FORM.fullmatch(view.value(element)):
        yield view.found("ONX-MAGAZINE", element)


def _book_number(view: View, element: Any, kind: str) -> Iterator[Found]:
    """``kind``: ISBN (ten digits), ISBN-13, GTIN or EAN13."""
    value = view.value(element)
    if kind in ("GTIN", "EAN13"):
        digits, reason = jan.compact(value), jan.validate(value)
        if reason is None and len(digits) != 13:
            reason = "length"  # type: ignore[assignment]
        told = "ONX-GTIN"
    else:
        digits, reason = isbn.compact(value), isbn.validate(value)
        if reason is None and len(digits) != (10 if kind == "ISBN" else 13):
            reason = "length"  # type: ignore[assignment]
        told = "ONX-ISBN"
    if reason is not None:
        said_ja, said_en = _REASONS[str(reason)]
        other = isbn.to_13(value) if kind == "ISBN-13" else isbn.to_10(value) if kind == "ISBN" else None
        yield view.found(told, element, reason_ja=said_ja, reason_en=said_en, suggestion=other)
    elif not _TIDY.fullmatch(value):
        yield view.found("ONX-ISBN-FORM", element, suggestion=digits)


def _agreement(view: View) -> Iterator[Found]:
    """ISBN of ten and of thirteen digits and the GTIN of a book are one number; so is the ISBN of one kind."""
    if view.name(view.root) != "Product":
        return
    first: Any = None
    known = ""
    for element in _own_numbers(view):
        number = isbn.to_13(view.value(element))
        if number is None:
            continue
        if first is None:
            first, known = element, number
        elif number != known:
            yield view.found("ONX-ID-DIFFER", element, other=view.value(first))


def _own_numbers(view: View) -> Iterator[Any]:
    """The product's own ISBNs, and its GTIN."""
    for kind in (_ISBN13, _ISBN10, _GTIN13):
        for identifier in view.children(view.root, "ProductIdentifier"):
            element = view.child(identifier, "IDValue")
            if element is not None and view.text(identifier, "ProductIDType") == kind:
                yield element
    for name in ("ISBN", "EAN13"):
        yield from view.children(view.root, name)
