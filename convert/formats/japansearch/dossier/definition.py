"""The database definition as a checklist: every field of the registration screen, its value and what is to be said.

What is checked here goes beyond what a conversion needs (:func:`convert.formats.japansearch.definition.check`).
"""

from __future__ import annotations

import contextlib
import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import orjson

from convert import resources
from convert.check.issue import Issue, Severity
from convert.errors import near
from convert.formats.japansearch import definition as definitions
from convert.formats.japansearch.coerce import url
from convert.formats.japansearch.dossier.model import Field, FieldKind, State
from convert.formats.japansearch.model import model
from convert.mapping.nodes import Node, Table, parse_yaml
from convert.messages.catalogue import catalogue
from convert.model import Changed, Location
from convert.resources import shown

if TYPE_CHECKING:
    from convert.formats.base import TargetFault

API_CODES: Final = ("ok",)
"""Seen in served databases; codes of the other two choices are not known."""
_SERVER_KEYS = frozenset(
    (
        *("recordCount", "lastDataUpdated", "rdfEnabled", "rdfDate", "imageFeatureDate", "textFeatureDate"),
        *("notification", "currentCollecting", "permission"),
    )
)
"""Keys of served databases that nobody fills in on the screen."""
_PAIRS = ("description", "metadataRights", "thumbnailRights", "contentsRights")
_LANGUAGES = ("ja", "en", "yomi")
_IMAGES: Final[Mapping[str, tuple[str, ...]]] = {
    "UPLOAD": ("contentId", "imageId"),
    "URL": ("url",),
    "IIIF": ("manifestUrl", "infoJsonUrl"),
    "ITEM": ("itemId", "manifestUrl", "infoJsonUrl"),
}
_TAG = re.compile(r"</?\s*([A-Za-z][A-Za-z0-9]*)")
_STATEMENT_TAGS = frozenset(("a", "p", "br"))


@cache
def field_kinds() -> tuple[FieldKind, ...]:
    """Every field, in the order of the screen."""
    raw = tomllib.loads((Path(__file__).parent / "fields.toml").read_text(encoding="utf-8"))
    return tuple(FieldKind(path, **entry) for path, entry in raw.items())


# ── Where a field stands ─────────────────────────────────────────────────────────────────────────


class Places:
    """The lines of a definition's fields, where it is a YAML file; else the file, or the mapping."""

    def __init__(self, option: Any, base: Path | None, mapping: Location) -> None:
        self.name: str | None = None
        self._at = mapping
        self._node: Node | None = None
        path = resources.find(option, base) if isinstance(option, str) else None
        if path is None:
            return
        self.name = shown(path)
        self._at = Location(self.name)
        if path.suffix.lower() != ".json":
            with contextlib.suppress(OSError):  # who reads the definition tells it
                self._node = parse_yaml(path.read_bytes(), self.name)[0]
        if isinstance(self._node, Table) and isinstance(inner := self._node.get("database"), Table):
            self._node = inner

    def of(self, path: str | None) -> Location:
        """The place of the field, or of the nearest thing around it that is there."""
        node, at = self._node, self._at
        for name in (path or "").split("."):
            entry = next((pair for pair in node if pair[0].text == name), None) if isinstance(node, Table) else None
            if entry is None:
                break
            at, node = entry[0].at, entry[1]
        return Location(at.source, line=at.line, field=path)


# ── The checklist ────────────────────────────────────────────────────────────────────────────────


def checklist(whole: Mapping[str, Any] | None, places: Places) -> tuple[tuple[Field, ...], tuple[Issue, ...]]:
    """Every field, and the issues that belong to no field of the screen."""
    database: Mapping[str, Any] = {} if whole is None else whole["database"]
    faults = [] if whole is None else [_told(fault, places) for fault in definitions.check(database)]
    faults += [] if whole is None else _more(database, places)
    by_field: dict[str, list[Issue]] = {}
    for issue in faults:
        by_field.setdefault(issue.at.field or "", []).append(issue)
    fields = tuple(_field(kind, database, by_field) for kind in field_kinds())
    placed = {id(issue) for field in fields for issue in field.issues}
    return fields, tuple(issue for issue in faults if id(issue) not in placed)


def _told(fault: TargetFault, places: Places) -> Issue:
    place = places.of(str(fault.slots.get("field") or ""))
    value = fault.slots.get("code") or fault.slots.get("id") or fault.slots.get("yomi")
    return Issue(fault.code, place, value=value, slots=fault.slots, suggestion=fault.suggestion)


def _field(kind: FieldKind, database: Mapping[str, Any], by_field: Mapping[str, list[Issue]]) -> Field:
    raw = at(database, kind.path)
    own = tuple(by_field.get(kind.path, ()))
    head = kind.path.partition(".")[0]
    if kind.path == f"{head}.ja":
        own += tuple(by_field.get(head, ()))
    value = as_text(raw, kind.form)
    return Field(kind, value, _state(kind, value, own), _labels(kind, raw), own)


def _state(kind: FieldKind, value: str, issues: tuple[Issue, ...]) -> State:
    worst = max((catalogue().severity(issue) for issue in issues), default=None)
    if not value and kind.mandatory:
        return "missing"
    if worst is not None and worst >= Severity.ERROR:
        return "bad"
    if worst is Severity.WARNING:
        return "doubt"
    if not value:
        return "empty"
    return "ok" if worst is None else "note"


def _labels(kind: FieldKind, raw: Any) -> tuple[tuple[str, str], ...]:
    codes = model().codes.get(kind.path, {})
    if kind.path == "apiType":
        return (("API取得可能（推定）", "inferred"),) if raw == "ok" else ()
    words = [as_text(word) for word in (raw if isinstance(raw, list) else [raw])] if codes else []
    if not any(word in codes for word in words):
        return ()
    return tuple((codes[word].ja, codes[word].en) if word in codes else (word, word) for word in words if word)


def at(raw: Any, path: str) -> Any:
    """The value at a dotted path; None where there is none."""
    for name in path.split("."):
        raw = raw.get(name) if isinstance(raw, Mapping) else None
    return raw


def as_text(raw: Any, form: str = "text") -> str:
    """A value as it is typed into the screen; lists one a line, objects as JSON."""
    if isinstance(raw, bool):
        return "true" if raw else "false"
    if isinstance(raw, list) and form != "image":
        return "\n".join(filter(None, (_json(item) if isinstance(item, list) else as_text(item) for item in raw)))
    if isinstance(raw, Mapping | list):
        return _json(raw) if raw else ""
    return "" if raw is None else str(raw).strip()


def _json(raw: Any) -> str:
    try:
        return orjson.dumps(raw, default=str, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS).decode()
    except (TypeError, ValueError, RecursionError):
        return "{ … }"


# ── What a conversion does not ask ───────────────────────────────────────────────────────────────


def _more(database: Mapping[str, Any], places: Places) -> list[Issue]:
    found: list[Issue] = []
    for check in (_kinds, _urls, _languages, _statements, _api, _image, _iiif, _twice, _unknown):
        found += check(database, places)
    return found


def _issue(code: str, places: Places, path: str, value: Any = None, **slots: Any) -> Issue:
    suggestion = slots.pop("suggestion", None)
    text = None if value is None else as_text(value)
    return Issue(code, places.of(path), value=text, slots={"field": path, **slots}, suggestion=suggestion)


def _kinds(database: Mapping[str, Any], places: Places) -> Iterator[Issue]:
    """Texts where an object of languages belongs, objects where a text belongs."""
    for name in ("name", *_PAIRS):
        raw = database.get(name)
        if raw is not None and not isinstance(raw, Mapping):
            yield _issue("JPS-DB-KIND", places, name, raw, wanted="{ja: …, en: …}")
    for kind in field_kinds():
        raw = at(database, kind.path)
        if kind.form in ("words", "codes"):
            wrong, wanted = isinstance(raw, Mapping), "[…, …]"
        else:
            wrong, wanted = isinstance(raw, Mapping | list) and kind.form != "image", "…"
        if wrong:
            yield _issue("JPS-DB-KIND", places, kind.path, raw, wanted=wanted)


def _urls(database: Mapping[str, Any], places: Places) -> Iterator[Issue]:
    for kind in field_kinds():
        value = at(database, kind.path)
        if kind.form == "url" and isinstance(value, str) and value.strip():
            found = url(value.strip())
            if isinstance(found, Changed):
                slots = {name: found.slots[name] for name in ("problem_ja", "problem_en")}
                yield _issue("JPS-DB-URL", places, kind.path, value, suggestion=found.suggestion, **slots)


def _languages(database: Mapping[str, Any], places: Places) -> Iterator[Issue]:
    for name in _PAIRS:
        texts = {lang: as_text(at(database, f"{name}.{lang}")) for lang in ("ja", "en")}
        given = [lang for lang, text in texts.items() if text]
        if len(given) == 1 and not (name == "description" and given == ["en"]):
            yield _issue("JPS-DB-LANGUAGE", places, name, given=given[0])


def _statements(database: Mapping[str, Any], places: Places) -> Iterator[Issue]:
    for kind in field_kinds():
        if kind.form == "html":
            tags = {tag.lower() for tag in _TAG.findall(as_text(at(database, kind.path)))} - _STATEMENT_TAGS
            if tags:
                yield _issue("JPS-DB-HTML", places, kind.path, tags=sorted(tags))


def _api(database: Mapping[str, Any], places: Places) -> Iterator[Issue]:
    value = database.get("apiType")
    if as_text(value) and value not in API_CODES:
        yield _issue("JPS-DB-API", places, "apiType", value)


def _image(database: Mapping[str, Any], places: Places) -> Iterator[Issue]:
    image = database.get("image")
    if image is None or image in ("", {}):
        return
    if not isinstance(image, Mapping):
        yield _image_issue(places, image, "まとまりになっていません", "it is no object")
        return
    kind = image.get("imgType")
    if not isinstance(kind, str) or kind not in _IMAGES:
        suggestion = near(str(kind).upper(), _IMAGES)
        yield _image_issue(places, kind, "imgType がない、または違います", "imgType is missing or wrong", suggestion)
        return
    lacking = [name for name in _IMAGES[kind] if not as_text(image.get(name))]
    if lacking:
        names = "、".join(lacking)
        yield _image_issue(places, image, f"{names} がありません", f"without {', '.join(lacking)}")


def _image_issue(places: Places, value: Any, ja: str, en: str, suggestion: str | None = None) -> Issue:
    return _issue("JPS-DB-IMAGE", places, "image", value, problem_ja=ja, problem_en=en, suggestion=suggestion)


def _iiif(database: Mapping[str, Any], places: Places) -> Iterator[Issue]:
    value = database.get("easyIIIF")
    if as_text(value) and value not in (True, False, "true", "false"):
        yield _issue("JPS-DB-IIIF", places, "easyIIIF", value)


def _twice(database: Mapping[str, Any], places: Places) -> Iterator[Issue]:
    for name in ("category", "subCategory"):
        words = database.get(name)
        seen = [as_text(word) for word in words] if isinstance(words, list) else []
        for word in dict.fromkeys(seen):
            if word and seen.count(word) > 1:
                yield _issue("JPS-DB-TWICE", places, name, word)


def _unknown(database: Mapping[str, Any], places: Places) -> Iterator[Issue]:
    """Fields that neither the screen nor served databases have; most are misspelt."""
    heads = {kind.path.partition(".")[0] for kind in field_kinds()} | _SERVER_KEYS
    for key in database:
        if key not in heads:
            yield _issue("JPS-DB-KEY", places, str(key), suggestion=near(str(key), heads))
    for name in ("name", *_PAIRS):
        inner = database.get(name)
        for key in inner if isinstance(inner, Mapping) else ():
            if key not in _LANGUAGES:
                yield _issue("JPS-DB-KEY", places, f"{name}.{key}", suggestion=near(str(key), _LANGUAGES))
