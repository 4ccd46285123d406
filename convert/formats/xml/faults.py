"""Why a slice is no well-formed XML, in plain words, and where (XML 1.0)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from xml.parsers import expat

from convert.check.issue import Issue
from convert.formats.xml.places import place_of
from convert.model import Location
from convert.source import damage_issue, visible

if TYPE_CHECKING:
    from convert.formats.xml.slicer import Slice
    from convert.source import Source

_ERRORS = expat.errors
_CODES = {code: _ERRORS.messages[code] for code in _ERRORS.messages}
_AROUND = 60
_ENTITY = re.compile(r"&([^\s;&<]{1,40});?")
_CONTROL = re.compile("[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\ufffe\\uffff]")


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason in both languages, and the byte it is about."""

    ja: str
    en: str
    index: int


class _Explainer:
    """Parses a slice with expat and remembers which elements are open."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.open: list[str] = []
        self.parser = expat.ParserCreate("utf-8")
        self.parser.StartElementHandler = lambda name, attributes: self.open.append(name)
        self.parser.EndElementHandler = lambda name: self.open.pop()

    def reason(self) -> Reason | None:
        try:
            self.parser.Parse(self.data, True)
        except expat.ExpatError as error:
            return self._said(expat.ErrorString(error.code) or "", max(self.parser.ErrorByteIndex, 0))
        return None

    def _said(self, message: str, index: int) -> Reason:
        text = self.data[index : index + 200].decode("utf-8", "replace")
        inner = self.open[-1] if self.open else ""
        if message == _ERRORS.XML_ERROR_TAG_MISMATCH:
            index = self.data.rfind(b"</", 0, index + 2)
            return Reason(
                f"終了タグ {_tag(text)} があるべきところは </{inner}> です",
                f"the end tag {_tag(text)} should be </{inner}>",
                index,
            )
        if message == _ERRORS.XML_ERROR_DUPLICATE_ATTRIBUTE:
            name = re.split(r"[\s=]", text, maxsplit=1)[0]
            return Reason(f"属性 {name} が2回あります", f"the attribute {name} stands twice", index)
        if message in (_ERRORS.XML_ERROR_UNDEFINED_ENTITY, _ERRORS.XML_ERROR_ENTITY_DECLARED_IN_PE):
            entity = _ENTITY.match(text)
            shown = f"&{entity[1]};" if entity else "&"
            return Reason(f"{shown} は定義されていません", f"the entity {shown} is not defined", index)
        if message == _ERRORS.XML_ERROR_BAD_CHAR_REF:
            return _bad_reference(text, index)
        if message == _ERRORS.XML_ERROR_INVALID_TOKEN:
            return self._token(text, index)
        if message in (_ERRORS.XML_ERROR_NO_ELEMENTS, _ERRORS.XML_ERROR_UNCLOSED_TOKEN):
            return Reason("途中で終わっています", "it ends in the middle", index)
        return Reason(f"XMLの規則に合いません（{message}）", f"it breaks a rule of XML ({message})", index)

    def _token(self, text: str, index: int) -> Reason:
        before = self.data[max(0, index - 200) : index]
        if _CONTROL.match(text):
            point = f"U+{ord(text[0]):04X}"
            return Reason(
                f"XMLでは使えない制御文字（{point}）があります",
                f"{point} is a control character that XML does not allow",
                index,
            )
        start = before.rfind(b"&")
        if text.startswith("&") or (start >= 0 and re.fullmatch(rb"&[^\s;<]*", before[start:])):
            at = index if text.startswith("&") else index - (len(before) - start)
            return Reason("& がそのまま書かれています（&amp; と書きます）", "a bare & (it is written &amp;)", at)
        if before.endswith(b"<"):
            return Reason("< がそのまま書かれています（&lt; と書きます）", "a bare < (it is written &lt;)", index - 1)
        if text.startswith("<"):
            return Reason(
                "< がそのまま書かれているか、引用符が閉じていません", "a bare <, or a quote that is not closed", index
            )
        tag = before[before.rfind(b"<") :]
        if b"=" in tag and b">" not in tag:
            return Reason(
                '属性の値が引用符（"）で囲まれていません', "the value of an attribute is not in quotes", index
            )
        return Reason("ここに置けない文字があります", "a character that cannot stand here", index)


def _bad_reference(text: str, index: int) -> Reason:
    entity = _ENTITY.match(text)
    shown = f"&{entity[1]};" if entity else "&#"
    return Reason(f"{shown} はXMLで使えない文字です", f"{shown} is no character that XML allows", index)


def _tag(text: str) -> str:
    text = text if text.startswith("</") else f"</{text}"
    return re.split(r"[\s>]", text, maxsplit=1)[0] + ">"


def missing_end(tag: str) -> Reason:
    """The reason for a record whose end tag is not there."""
    return Reason(f"終了タグ {tag} がありません", f"the end tag {tag} is missing", 0)


def malformed(piece: Slice, reason: Reason, source: str, ordinal: int) -> Issue:
    """``SRC-XML-MALFORMED`` at the place the reason is about."""
    line, column = place_of(piece, reason.index)
    text = piece.data[max(0, reason.index - _AROUND) : reason.index + _AROUND].decode("utf-8", "replace")
    slots: dict[str, Any] = {"reason": reason.en, "reason_ja": reason.ja}
    at = Location(source, line=line, column=column)
    return Issue("SRC-XML-MALFORMED", at, ordinal=ordinal, value=visible(text.strip("\ufffd \n\r\t")), slots=slots)


def explain(piece: Slice, complaint: str, encoding: str, source: Source, ordinal: int) -> Issue:
    """Say why a slice was refused by the parser, whose own words are the last resort."""
    damaged = _damage(piece, encoding, source.name, ordinal)
    if damaged is not None:
        return damaged
    reason = _Explainer(piece.data).reason()
    if reason is not None:
        return malformed(piece, reason, source.name, ordinal)
    prefix = re.search(r"[Nn]amespace prefix (\S+) ", complaint)
    if prefix is not None:
        found = re.search(rb"[<\s]/?" + re.escape(prefix[1].encode()) + rb":", piece.data)
        words = (f"接頭辞 {prefix[1]} の名前空間が宣言されていません", f"the prefix {prefix[1]} is declared nowhere")
        return malformed(piece, Reason(*words, found.start() + 1 if found else 0), source.name, ordinal)
    if "depth" in complaint or "HUGE" in complaint or "too long" in complaint.lower():
        at = Location(source.name, line=piece.line, column=piece.column)
        return Issue("SRC-XML-LIMIT", at, ordinal=ordinal, value=_start(piece))
    words = (f"XMLの規則に合いません（{complaint}）", f"it breaks a rule of XML ({complaint})")
    return malformed(piece, Reason(*words, 0), source.name, ordinal)


def _damage(piece: Slice, encoding: str, source: str, ordinal: int) -> Issue | None:
    """Bytes that could not be decoded."""
    try:
        piece.data.decode("utf-8")
    except UnicodeDecodeError as error:
        at, plain = error.start, encoding in ("utf-8", "ascii")
    else:
        return None
    handler = "mokuroku-mark" if plain else "surrogatepass"
    text = piece.data.decode("utf-8", handler)
    before = piece.data[:at].decode("utf-8")
    shown = text[max(0, len(before) - _AROUND) : len(before) + _AROUND]
    line, column = place_of(piece, at)
    return damage_issue(text, shown, encoding, Location(source, line=line, column=column), ordinal)


def _start(piece: Slice) -> str:
    return visible(piece.data[:120].decode("utf-8", "replace").split("\n")[0].strip())
