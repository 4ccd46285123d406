"""What a reader says of ONIX beyond its being XML: the head of the message, and single products.

Only what the standard itself says is checked here; what JPRO wants is left to profiles. The order of blocks, the
mandatory elements and the codes of list 1 are those of ONIX for Books 3.0.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from convert.check.issue import Issue
from convert.formats.onix.checking.structure import structure
from convert.formats.onix.names import XHTML, is_text, names
from convert.formats.onix.path import text_of, translated
from convert.formats.xml.path import compiled
from convert.formats.xml.plain import children, real
from convert.formats.xml.reading import opened
from convert.model import Location

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from convert.formats.xml.node import Document

_BLOCKS = (
    "DescriptiveDetail", "CollateralDetail", "PromotionDetail", "ContentDetail", "PublishingDetail", "RelatedMaterial",
    "ProductionDetail", "ProductSupply",
)  # fmt: skip
_MANDATORY = ("RecordReference", "NotificationType")
_ODD = (
    "ProductSupply/SupplyDetail/Price/PriceAmount[contains(., ',')] | SupplyDetail/Price/PriceAmount[contains(., ',')]"
    " | CollateralDetail/*/ResourceLink[contains(normalize-space(.), ' ')]"
    " | CollateralDetail/*/ResourceVersion/ResourceLink[contains(normalize-space(.), ' ')]"
)
_LATE = (
    "ProductSupply/SupplyDetail/Price/PriceType[preceding-sibling::PriceAmount]"
    " | SupplyDetail/Price/PriceTypeCode[preceding-sibling::PriceAmount]"
)
"""The type of a price stands before its amount, in every release."""
MAX_MARKED = 20
"""Elements with HTML that are told of one product."""
_DEEP = ("ProductSupply", "SupplyDetail", "Price", "PriceAmount", "CollateralDetail")
_NOTIFICATIONS = {
    "04": "ONX-PARTIAL", "12": "ONX-PARTIAL", "13": "ONX-PARTIAL", "14": "ONX-PARTIAL",
    "05": "ONX-DELETE", "88": "ONX-TEST", "89": "ONX-TEST",
}  # fmt: skip
_COMPLETE = ("01", "02", "03", "08", "09")
_NAMESPACE = re.compile(r"http://ns\.editeur\.org/onix/(\d\.\d)/(reference|short)")


@dataclass(frozen=True, slots=True)
class Head:
    """What the head of a file says: ``stated`` is the attribute release; ``blocks``: the first product has blocks.

    ``message``: the root is an ONIX message; ``empty``: there is no record; ``product``: the first record holds one.
    """

    source: str
    message: bool
    stated: str
    namespace: str
    doctype: str
    short: bool
    blocks: bool
    empty: bool
    product: bool
    header: Document | None

    @property
    def named(self) -> str:
        """The release that the namespace or the DOCTYPE names."""
        found = re.search(r"onix/(\d\.\d)", f"{self.namespace} {self.doctype}")
        return found[1] if found else ""

    @property
    def release(self) -> str:
        """The release in force: as stated, as named, or as the first product looks."""
        stated = re.match(r"[23]\.\d", self.stated.strip())
        return stated[0] if stated else self.named or ("3.0" if self.blocks or self.empty else "2.1")


def head_issues(head: Head) -> list[Issue]:
    """Everything odd about the head of a file."""
    at = Location(head.source, line=1)
    return list(_release_issues(head, at)) + list(_header_issues(head, at))


def _release_issues(head: Head, at: Location) -> Iterator[Issue]:
    if head.empty or not head.product:
        return
    if head.message and not head.stated and not head.named:
        yield Issue("ONX-RELEASE", at, slots={"release": head.release})
    if head.stated and head.named and head.stated.strip()[:3] != head.named:
        slots = {"namespace": head.namespace or head.doctype.strip(), "release": head.release}
        yield Issue("ONX-RELEASE-CONFLICT", at, value=head.stated, slots=slots)
    if head.namespace == "http://www.openarchives.org/OAI/2.0/" or (
        head.release.startswith("3") and not _NAMESPACE.fullmatch(head.namespace)
    ):
        tags = "short" if head.short else "reference"
        right = f"http://ns.editeur.org/onix/{head.release}/{tags}"
        yield Issue("ONX-NAMESPACE", at, value=head.namespace or None, suggestion=right)


def _header_issues(head: Head, at: Location) -> Iterator[Issue]:
    if not head.message or head.empty:
        return
    if head.header is None:
        yield Issue("ONX-HEADER", at, slots={"element": "Header"})
        return
    sender = "sender" if head.short else "Sender"
    if head.release.startswith("3") and head.header.top.find(sender) is None:
        here = Location(head.source, line=head.header.slice.line, column=head.header.slice.column)
        yield Issue("ONX-HEADER", here, slots={"element": "Header/Sender"})


class Checks:
    """The checks of single products, made for one release and tag set."""

    def __init__(self, *, short: bool, release: str) -> None:
        table = names(release).short
        self._name = {table[name] if short else name: name for name in (*_BLOCKS, *_MANDATORY)}
        self._blocks = release.startswith("3")
        self._rank = {name: rank for rank, name in enumerate(_BLOCKS)}
        self._top = {tag: self._rank.get(name, -1) for tag, name in self._name.items()}
        self._deep = tuple(table[name] if short else name for name in _DEEP)
        supply, detail, price, amount, collateral = self._deep
        types = [table[name] if short else name for name in ("PriceType", "PriceTypeCode")]
        inside = {detail: {price: dict.fromkeys((amount, *types))}}
        self._wanted: dict[str, Any] = {**inside, supply: inside, collateral: {}}
        link, version = (table[name] if short else name for name in ("ResourceLink", "ResourceVersion"))
        self._links: dict[str, Any] = {link: None, version: {link: None}}
        self._odd = compiled(translated(_ODD, short=short, release=release), {}, "")
        self._late = compiled(translated(_LATE, short=short, release=release), {}, "")

    def issues(self, product: Any, inside: Sequence[str], document: Document, source: str, ordinal: int) -> list[Issue]:
        """What is odd about one product, whose children are called ``inside``; mostly nothing."""
        if not self._in_order(children(product), inside) or self._odd_inside(product):
            return self._all(real(product), document, source, ordinal)
        return []

    def _odd_inside(self, product: Any) -> bool:
        """Whether anything may be said of what stands deep in a product; too often is no harm."""
        supply, detail, price, amount, collateral = self._deep
        found = opened(product, self._wanted)
        details = [inside for one in (found, *found.get(supply, ())) for inside in one.get(detail, ())]
        if any(_odd_price(one, amount) for inside in details for one in inside.get(price, ())):
            return True
        parts = [part for one in found.get(collateral, ()) for part in children(one) if len(part)]
        return any(_odd_link(opened(part, self._links), self._links) for part in parts)

    def _in_order(self, elements: Sequence[Any], inside: Sequence[str]) -> bool:
        """Whether nothing is to be said of a product's own children: the look that nearly every product passes."""
        last, single = -1, 0
        for number, tag in enumerate(inside):
            rank = self._top.get(tag)
            if rank is None:
                continue
            if rank >= 0:
                if self._blocks and (rank < last or (rank == last and rank < len(_BLOCKS) - 1)):
                    return False
                last = rank
            elif self._name[tag] == "RecordReference" or elements[number].text in _COMPLETE:
                single += 1
            else:
                return False
        return single == len(_MANDATORY)

    def _all(self, product: Any, document: Document, source: str, ordinal: int) -> list[Issue]:
        found: dict[str, Any] = {}
        rank, late = -1, None
        for child in product:
            name = self._name.get(child.tag)
            if name is not None:
                found.setdefault(name, child)
                here = self._rank.get(name, -1)
                if here >= 0:
                    late = child if here < rank or (here == rank and name != "ProductSupply") else late
                    rank = max(rank, here)
        missing = [name for name in _MANDATORY if name not in found]
        issues = [issue("ONX-MISSING", product, document, source, ordinal, element=name) for name in missing]
        notification = found.get("NotificationType")
        if notification is not None and (code := text_of(notification)) not in _COMPLETE:
            told = _NOTIFICATIONS.get(code, "ONX-NOTIFICATION")
            issues.append(issue(told, notification, document, source, ordinal))
        if late is not None and self._blocks:
            issues.append(issue("ONX-ORDER", late, document, source, ordinal, element=document.display(late)))
        for element in self._late(product):
            issues.append(issue("ONX-ORDER", element, document, source, ordinal, element=document.display(element)))
        odd = self._odd(product)
        for element in odd:
            code = "ONX-DECIMAL" if document.display(element) == "PriceAmount" else "ONX-LINK"
            issues.append(issue(code, element, document, source, ordinal))
        return issues


def marked_up(product: Any, document: Document, source: str, ordinal: int, release: str) -> list[Issue]:
    """Elements for plain text in which HTML stands, :data:`MAX_MARKED` at most."""
    found: dict[Any, str] = {}
    for inside in product.iter(*XHTML):
        around = inside.getparent()
        name = document.display(around)
        plain = name not in structure(release).marked and name in names(release).short and is_text(name, release)
        if plain and len(found) < MAX_MARKED:
            found.setdefault(around, inside.tag)
    return [
        replace(
            issue("ONX-MARKUP", element, document, source, ordinal, element=document.display(element), inside=tag),
            value=tag,
        )
        for element, tag in found.items()
    ]


def _odd_price(price: dict[str, Any], amount: str) -> bool:
    """Whether something may be wrong with an opened price: a comma, a type behind the amount, anything twice."""
    amounts = price.get(amount, ())
    return (
        (bool(amounts) and next(reversed(price)) != amount)
        or any(one.__class__ is not str or "," in one for one in amounts)
        or any(len(found) > 1 for name, found in price.items() if name)
    )


def _odd_link(found: dict[str, Any], links: dict[str, Any]) -> bool:
    """Whether one of the links that stand in an opened part may have blanks inside."""
    link, version = links
    inside = [one for part in (found, *found.get(version, ())) for one in part.get(link, ())]
    return any(one.__class__ is not str or len(one.split()) > 1 for one in inside)


def issue(code: str, node: Any, document: Document, source: str, ordinal: int, **slots: Any) -> Issue:
    """An issue at an element of a product."""
    line, column = document.places.start(node)
    place = Location(source, line=line, column=column, path=document.places.path(node))
    value = text_of(node) if len(node) == 0 else None
    suggestion = value.replace(",", ".") if code == "ONX-DECIMAL" and value else None
    return Issue(code, place, ordinal=ordinal, value=value, slots=slots, suggestion=suggestion)
