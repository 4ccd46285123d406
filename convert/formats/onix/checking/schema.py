"""Validity by a schema the user has (XML Schema, RELAX NG or DTD), product by product.

No schema is shipped: those of EDItEUR are theirs. A product is validated as the one product of a message of its own, so
memory does not grow with the file; what a schema says of several products together (doubled references) is not found.
"""

from __future__ import annotations

import re
from copy import deepcopy
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lxml import etree

from convert.check.issue import Finding
from convert.formats.onix.names import names

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from convert.formats.onix.checking.view import View

MAX_ERRORS = 50
"""Errors told of one product."""
MAX_REASON = 300
"""Characters kept of what a schema says."""
INSTALLED = "onixcheck"
"""The word for the schemas that the package of that name brings along."""
_SUFFIXES = (".xsd", ".rng", ".dtd")
_STEP = re.compile(r"(?:\{[^}]*\}|[\w.-]+:)?([\w.*-]+)(?:\[(\d+)\])?")
_HEADERS = {
    "3": "<Header><Sender><SenderName>-</SenderName></Sender><SentDateTime>20250101</SentDateTime></Header>",
    "2": "<Header><FromCompany>-</FromCompany><SentDate>20250101</SentDate></Header>",
}
_TAGS = re.compile(r"\b[a-z][0-9]{3}\b|(?<=')[a-z]+(?=')|(?<=[ (])[a-z]{8,}(?=,| \))")
"""Short tags in what a schema says: ``b203``, ``'titledetail'``, ``( product, header )``."""
_NAMESPACE = re.compile(r"\{http[^}]*\}")
_LONG_SET = re.compile(r"\{'[^}]{60,}\}")
_TYPE = re.compile(r"is not a valid value of the (?:atomic|union|list) type|No precomputed value available")


def problem(value: str) -> str | None:
    """Say what is wrong with the option ``schema``."""
    path = _place(value)
    if path is None:
        return f"'{INSTALLED}' is not installed; pip install 'mokuroku[onix]', or give a file or folder"
    if path.is_dir() or (path.is_file() and path.suffix.lower() in _SUFFIXES):
        return None
    return "expects an existing folder, or a .xsd, .rng or .dtd file"


def _place(value: str) -> Path | None:
    if value != INSTALLED:
        return Path(value)
    found = find_spec(INSTALLED)
    return Path(found.origin).parent / "schema" if found is not None and found.origin else None


class Schemas:
    """The schemas of one place, each loaded when the first product of its release and tags comes."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._loaded: dict[tuple[str, bool], Any] = {}

    @classmethod
    def of(cls, value: str | None) -> Schemas | None:
        """The schemas the option ``schema`` gives; None without it."""
        place = _place(value) if value else None
        return None if place is None else cls(place)

    def product(self, view: View) -> Iterator[Finding]:
        """Everything the schema says of a product."""
        yield from self._errors(view, in_header=False)

    def header(self, view: View) -> Iterator[Finding]:
        """Everything the schema says of a header."""
        yield from self._errors(view, in_header=True)

    def _errors(self, view: View, *, in_header: bool) -> Iterator[Finding]:
        key = (view.release, view.short)
        if key not in self._loaded:
            self._loaded[key], complaint = _load(self._place, *key)
            if self._loaded[key] is None:
                tags = "short" if view.short else "reference"
                code = "ONX-SCHEMA-BROKEN" if complaint else "ONX-SCHEMA-NONE"
                slots = {"place": str(self._place), "release": view.release, "tags": tags, "reason": complaint}
                yield Finding(code, value=str(self._place), slots=slots)
        schema = self._loaded[key]
        if schema is None:
            return
        message, copy = _message(view, schema, in_header=in_header)
        if schema.validate(message):
            return
        for entry in _of(schema.error_log, copy, message)[:MAX_ERRORS]:
            element = _original(view.root, entry, message, copy)
            yield view.found("ONX-SCHEMA", element, reason=_reason(entry.message, view))


def _reason(message: str, view: View) -> str:
    """The schema's words without namespaces, in reference names, and not without end."""
    text = " ".join(_LONG_SET.sub("{…}", _NAMESPACE.sub("", message)).split())
    if view.short:
        table = names(view.release)
        text = _TAGS.sub(lambda found: table.to_reference(found[0]), text)
    return text if len(text) <= MAX_REASON else f"{text[:MAX_REASON]}…"


# ── Loading ──────────────────────────────────────────────────────────────────────────────────────


def _load(place: Path, release: str, short: bool) -> tuple[Any, str]:
    """The schema for a release and tag set, or None and what is wrong with it, empty when there is none."""
    path = place if place.is_file() else _file_of(place, release, short=short)
    if path is None:
        return None, ""
    try:
        if path.suffix.lower() == ".dtd":
            return etree.DTD(str(path)), ""
        tree = etree.parse(str(path), etree.XMLParser(no_network=True, load_dtd=False, resolve_entities=False))
        return (etree.XMLSchema(tree) if path.suffix.lower() == ".xsd" else etree.RelaxNG(tree)), ""
    except (etree.LxmlError, OSError) as error:
        return None, f"{path.name}: {error}"


def _file_of(folder: Path, release: str, *, short: bool) -> Path | None:
    """The file of a folder whose name, or the folders it stands in, tell release and tag set."""
    tags = "short" if short else "reference"
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in _SUFFIXES and path.is_file())
    for suffix in _SUFFIXES:
        for path in found:
            name = path.relative_to(folder).as_posix().lower()
            if path.suffix.lower() == suffix and release in name and tags in name and _is_product(path):
                return path
    return None


def _is_product(path: Path) -> bool:
    """Whether the file is the schema itself, not one of its parts."""
    name = path.stem.lower()
    return "bookproduct" in name.replace("_", "") and not any(part in name for part in ("codelist", "xhtml", "subset"))


# ── Validating ───────────────────────────────────────────────────────────────────────────────────


def _message(view: View, schema: Any, *, in_header: bool) -> tuple[Any, Any]:
    """A message around a copy of the element, in the namespace of its release where the schema wants one."""
    uri = "" if isinstance(schema, etree.DTD) else _namespace(view.release, short=view.short)
    prefix = f"{{{uri}}}" if uri else ""
    root = etree.Element(
        f"{prefix}{'ONIXmessage' if view.short else 'ONIXMessage'}", nsmap={None: uri} if uri else None
    )
    root.set("release", view.release)
    copy = deepcopy(view.root)
    copy.tail = None
    if in_header:
        root.append(copy)
        root.append(etree.Element(_tag("NoProduct", view)) if view.release[0] == "3" else _product(view))
    else:
        root.append(_short(etree.fromstring(_HEADERS[view.release[0]]), view))
        root.append(copy)
    for element in root.iter("*"):
        if element is not root:
            element.tag = prefix + element.tag
    return root, copy


def _product(view: View) -> Any:
    """A product of 2.1, which knows no message without one. Its own faults are not told."""
    product = etree.Element("Product")
    etree.SubElement(product, "RecordReference").text = "-"
    etree.SubElement(product, "NotificationType").text = "03"
    return _short(product, view)


def _namespace(release: str, *, short: bool) -> str:
    tags = "short" if short else "reference"
    return f"http://{'www' if release.startswith('2') else 'ns'}.editeur.org/onix/{release}/{tags}"


def _tag(name: str, view: View) -> str:
    return names(view.release).short[name] if view.short else name


def _short(top: Any, view: View) -> Any:
    if view.short:
        for element in top.iter("*"):
            element.tag = _tag(element.tag, view)
    return top


def _of(log: Sequence[Any], copy: Any, message: Any) -> list[Any]:
    """The errors about the copy, not about what was put around it; one for each place and fault.

    After a fault of a value's form XML Schema says once more that the value is not of its type: not told.
    """
    at = message.index(copy) + 1
    found: dict[tuple[str, str], Any] = {}
    told: set[str] = set()
    for entry in log:
        steps = (entry.path or "").strip("/").split("/")
        number = _number(steps[1], message) if len(steps) > 1 else None
        if (number is None or number == at) and not (entry.path in told and _TYPE.search(entry.message)):
            found.setdefault((entry.path, entry.message), entry)
            told.add(entry.path)
    return list(found.values())


def _number(step: str, message: Any) -> int | None:
    """Which child of the message a step of a path means, from 1."""
    match = _STEP.fullmatch(step)
    if match is None:
        return None
    name, number = match[1], int(match[2] or 1)
    if name == "*":
        return number
    same = [index for index, child in enumerate(message, start=1) if etree.QName(child).localname == name]
    return same[number - 1] if number <= len(same) else None


def _original(root: Any, entry: Any, message: Any, copy: Any) -> Any:
    """The element of the user's that an error is about; the outermost where that cannot be told."""
    element, twin = root, copy
    for step in (entry.path or "").strip("/").split("/")[2:]:
        match = _STEP.fullmatch(step)
        if match is None:
            return element
        name, number = match[1], int(match[2] or 1)
        children = list(twin)
        same = [i for i, child in enumerate(children) if name in ("*", etree.QName(child).localname)]
        if number > len(same):
            return element
        element, twin = element[same[number - 1]], children[same[number - 1]]
    return element
