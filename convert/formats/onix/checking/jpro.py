"""The habits of JPRO (``jpro.toml``), for the option ``profile: jpro``.

What of it is known and what only inferred, the catalogue says of each code; an inferred one is never worded as a rule
of the receiver.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from convert.values import ccode, isbn, jan

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from convert.formats.onix.checking.view import Found, View

_KATAKANA = re.compile("[ァ-ヾ　 ,、.．Ａ-Ｚａ-ｚ０-９A-Za-z0-9！？!?:：;；()（）&＆'’\\-－―]+")
"""What a reading consists of; letters, digits and marks are kept in many (real records)."""
_THIRTEEN = re.compile("[0-9]{13}")
_PAGES = re.compile("[0-9]{1,6}")
_FOUR = re.compile("[0-9]{4}")
_SENDER = "出版情報登録センター付番コード"
_TAG = re.compile(r"</?([A-Za-z][A-Za-z0-9]*)[^<>]*>")
_PLAIN_TAGS = frozenset(("br", "p"))
_ALIVE = frozenset(("02", "03"))
_GENRE, _CCODE, _KEYWORDS = "79", "78", "20"


@dataclass(frozen=True, slots=True)
class Habits:
    """``jpro.toml`` made ready."""

    codes: Mapping[str, frozenset[str]]
    lengths: Mapping[str, int]
    text_lengths: Mapping[str, int]
    keywords: int


@cache
def habits() -> Habits:
    """What is known of JPRO's ONIX."""
    table = tomllib.loads(files("convert.formats.onix.checking").joinpath("jpro.toml").read_text("utf-8"))
    codes = {key: frozenset(text.split()) for key, text in table.items() if isinstance(text, str)}
    return Habits(codes, table["lengths"], table["text_lengths"], table["keywords"]["longest"])


# ── The header ───────────────────────────────────────────────────────────────────────────────────


def header(view: View) -> Iterator[Found]:
    """The sender, as the third edition describes it."""
    sender = view.child(view.root, "Sender")
    if sender is None:
        return
    identifiers = view.children(sender, "SenderIdentifier")
    own = [one for one in identifiers if view.text(one, "IDTypeName") == _SENDER]
    for identifier in own:
        value = view.child(identifier, "IDValue")
        if value is not None and not _FOUR.fullmatch(view.value(value)):
            yield view.found("ONX-JPRO-SENDER", value)
    if not own:
        yield view.found("ONX-JPRO-SENDER", sender)
    yield from _lengths(view, ("SenderName", "ContactName", "EmailAddress"))


# ── Products ─────────────────────────────────────────────────────────────────────────────────────


def product(view: View) -> Iterator[Found]:
    """One product; of a deletion only its reference is looked at."""
    if view.short:
        yield view.found("ONX-JPRO-TAGS", view.root)
    if view.release.startswith("2"):
        yield view.found("ONX-JPRO-RELEASE", view.root, release=view.release)
        return
    yield from _record(view)
    if view.text(view.root, "NotificationType") not in _ALIVE:
        return
    yield from _title(view)
    yield from _persons(view)
    yield from _publisher(view)
    yield from _dates(view)
    yield from _prices(view)
    yield from _subjects(view)
    yield from _audiences(view)
    yield from _description(view)
    yield from _lengths(view, ("BiographicalNote", "ProductFormDescription"))
    yield from _texts(view)


def _unusual(view: View, code: str, elements: list[Any], known: frozenset[str]) -> Iterator[Found]:
    """Codes that JPRO's data are not known to have."""
    for element in elements:
        if view.value(element) not in known:
            yield view.found(code, element, element=view.name(element), known=" ".join(sorted(known)))


def _record(view: View) -> Iterator[Found]:
    codes = habits().codes
    reference = view.child(view.root, "RecordReference")
    numbers = [
        view.text(one, "IDValue")
        for one in view.children(view.root, "ProductIdentifier")
        if view.text(one, "ProductIDType") in ("15", "03")
    ]
    if not numbers:
        yield view.found("ONX-JPRO-ISBN", view.root)
    if reference is not None:
        value = view.value(reference)
        if not _THIRTEEN.fullmatch(value) or (numbers and value not in numbers):
            digits = isbn.to_13(value) or jan.compact(value)
            likely = digits if digits in numbers else numbers[0] if numbers else None
            yield view.found("ONX-JPRO-REFERENCE", reference, suggestion=likely)
    notification = view.children(view.root, "NotificationType")
    yield from _unusual(view, "ONX-JPRO-CODE", notification, codes["notifications"])


def _title(view: View) -> Iterator[Found]:
    detail = view.child(view.root, "DescriptiveDetail")
    titles = [] if detail is None else view.children(detail, "TitleDetail")
    main = [
        text
        for title in titles
        if view.text(title, "TitleType") == "01"
        for element in view.children(title, "TitleElement")
        if view.text(element, "TitleElementLevel") == "01"
        for text in view.children(element, "TitleText")
    ]
    if not main:
        yield view.found("ONX-JPRO-TITLE", view.root if detail is None else detail)
    for text in main:
        if not (text.get("collationkey") or "").strip():
            yield view.found("ONX-JPRO-READING", text)
    for _, element in view.elements:
        reading = element.get("collationkey")
        if reading is not None and reading.strip() and not _is_katakana(reading):
            yield view.at_attribute("ONX-JPRO-KATAKANA", element, "collationkey", suggestion=_katakana(reading))


def _is_katakana(reading: str) -> bool:
    return _KATAKANA.fullmatch(reading) is not None


def _katakana(reading: str) -> str | None:
    """Hiragana as katakana, where that is all there is to do.

    >>> _katakana("かくうの ほん"), _katakana("架空")
    ('カクウノ ホン', None)
    """
    text = "".join(chr(ord(c) + 0x60) if "ぁ" <= c <= "ゖ" else c for c in reading)
    return text if _is_katakana(text) else None


def _persons(view: View) -> Iterator[Found]:
    detail = view.child(view.root, "DescriptiveDetail")
    for one in [] if detail is None else view.children(detail, "Contributor"):
        yield from _unusual(view, "ONX-JPRO-ROLE", view.children(one, "ContributorRole"), habits().codes["roles"])
        for name in view.children(one, "PersonName"):
            if not (name.get("collationkey") or "").strip() and _needs_reading(view.value(name)):
                yield view.found("ONX-JPRO-NAME-READING", name)


def _needs_reading(name: str) -> bool:
    """Whether a name has kanji or hiragana."""
    return any("ぁ" <= c <= "ゖ" or "㐀" <= c <= "鿿" for c in name)


def _publisher(view: View) -> Iterator[Found]:
    detail = view.child(view.root, "PublishingDetail")
    if detail is None:
        return
    if not view.text(detail, "Imprint", "ImprintName"):
        yield view.found("ONX-JPRO-IMPRINT", detail)
    for composite, kind in (("ImprintIdentifier", "ImprintIDType"), ("PublisherIdentifier", "PublisherIDType")):
        for one in view.all(composite):
            value = view.child(one, "IDValue")
            if view.text(one, kind) == "24" and value is not None and not _FOUR.fullmatch(view.value(value)):
                yield view.found("ONX-JPRO-TRADE-CODE", value)


def _dates(view: View) -> Iterator[Found]:
    detail = view.child(view.root, "PublishingDetail")
    if detail is None:
        return
    dates = view.children(detail, "PublishingDate")
    roles = [role for one in dates for role in view.children(one, "PublishingDateRole")]
    if not any(view.value(role) == "01" for role in roles):
        yield view.found("ONX-JPRO-DATE", detail)
    for one in dates:
        day = view.child(one, "Date")
        if view.text(one, "PublishingDateRole") == "01" and day is not None and len(view.value(day)) in (4, 6):
            yield view.found("ONX-JPRO-DAY", day)
    yield from _unusual(view, "ONX-JPRO-DATE-ROLE", roles, habits().codes["dates"])


def _prices(view: View) -> Iterator[Found]:
    codes = habits().codes
    for price in view.all("Price"):
        for kind in view.children(price, "PriceType"):
            value = view.value(kind)
            if value in codes["tax_inclusive"]:
                yield view.found("ONX-JPRO-TAX", kind)
            elif value not in codes["prices"]:
                yield view.found("ONX-JPRO-CODE", kind, element="PriceType", known=" ".join(sorted(codes["prices"])))
        for tax in view.children(price, "Tax"):
            yield view.found("ONX-JPRO-TAX", tax)
        for currency in view.children(price, "CurrencyCode"):
            if view.value(currency) != "JPY":
                yield view.found("ONX-JPRO-CURRENCY", currency)


def _subjects(view: View) -> Iterator[Found]:
    detail = view.child(view.root, "DescriptiveDetail")
    subjects = [] if detail is None else view.children(detail, "Subject")
    by_scheme: dict[str, list[Any]] = {}
    for subject in subjects:
        by_scheme.setdefault(view.text(subject, "SubjectSchemeIdentifier"), []).append(subject)
    if detail is not None and _CCODE not in by_scheme:
        yield view.found("ONX-JPRO-CCODE-MISSING", detail)
    for subject in by_scheme.get(_CCODE, ()):
        yield from _ccode(view, view.child(subject, "SubjectCode"))
    genres = [view.child(subject, "SubjectCode") for subject in by_scheme.get(_GENRE, ())]
    found = [genre for genre in genres if genre is not None]
    yield from _unusual(view, "ONX-JPRO-GENRE", found, habits().codes["genres"])
    for subject in by_scheme.get(_KEYWORDS, ()):
        for text in view.children(subject, "SubjectHeadingText"):
            yield from _length(view, text, habits().keywords)


def _ccode(view: View, element: Any) -> Iterator[Found]:
    if element is None:
        return
    value = view.value(element)
    if not _FOUR.fullmatch(value):
        yield view.found("ONX-JPRO-CCODE", element, suggestion=ccode.compact(value))
    elif not ccode.is_assigned(value):
        yield view.found("ONX-JPRO-CCODE-CONTENT", element, content=value[2:])


def _audiences(view: View) -> Iterator[Found]:
    codes = habits().codes
    detail = view.child(view.root, "DescriptiveDetail")
    if detail is None:
        return
    audiences = view.children(detail, "Audience")
    kinds = {view.text(one, "AudienceCodeType") for one in audiences}
    for one in audiences:
        known = {"21": codes["children"], "22": codes["ratings"]}.get(view.text(one, "AudienceCodeType"))
        if known is not None:
            yield from _unusual(view, "ONX-JPRO-AUDIENCE", view.children(one, "AudienceCodeValue"), known)
    for subject in view.children(detail, "Subject"):
        genre = view.text(subject, "SubjectSchemeIdentifier"), view.text(subject, "SubjectCode")
        if genre[0] == _GENRE and genre[1] in codes["children_genre"] and "21" not in kinds:
            yield view.found("ONX-JPRO-CHILDREN", subject, value=genre[1])


def _description(view: View) -> Iterator[Found]:
    detail = view.child(view.root, "DescriptiveDetail")
    if detail is None:
        return
    composition = view.children(detail, "ProductComposition")
    yield from _unusual(view, "ONX-JPRO-CODE", composition, habits().codes["compositions"])
    for measure in view.children(detail, "Measure"):
        unit = view.child(measure, "MeasureUnitCode")
        if view.text(measure, "MeasureType") in ("01", "02") and unit is not None and view.value(unit) != "mm":
            yield view.found("ONX-JPRO-SIZE", unit)
    for extent in view.children(detail, "Extent"):
        value = view.child(extent, "ExtentValue")
        if value is None or view.text(extent, "ExtentType") != "11":
            continue
        if view.text(extent, "ExtentUnit") != "03" or not _PAGES.fullmatch(view.value(value)):
            yield view.found("ONX-JPRO-PAGES", value)


def _lengths(view: View, names: tuple[str, ...]) -> Iterator[Found]:
    for name in names:
        for element in view.all(name):
            yield from _length(view, element, habits().lengths[name])


def _length(view: View, element: Any, longest: int) -> Iterator[Found]:
    size = len(view.value(element))
    if size > longest:
        slots = {"element": view.name(element), "size": size, "longest": longest}
        yield view.found("ONX-JPRO-LONG", element, value=view.value(element), **slots)


def _texts(view: View) -> Iterator[Found]:
    for content in view.all("TextContent"):
        longest = habits().text_lengths.get(view.text(content, "TextType"))
        for text in view.children(content, "Text"):
            if longest is not None:
                yield from _length(view, text, longest)
            yield from _tags(view, text)
    for note in view.all("BiographicalNote"):
        yield from _tags(view, note)


def _tags(view: View, element: Any) -> Iterator[Found]:
    """Mark-up other than br and p, as elements or as text in CDATA."""
    used = {name.lower() for name in _TAG.findall(view.value(element))} - _PLAIN_TAGS
    if used:
        tags = " ".join(f"<{name}>" for name in sorted(used)[:10])
        yield view.found("ONX-JPRO-HTML", element, value=tags, element=view.name(element))
