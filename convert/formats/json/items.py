"""The items of a JSON array or object, one by one: records, or values on the way to them."""

from __future__ import annotations

import json.decoder
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from convert.check.issue import Issue
from convert.formats.json.balance import Balance
from convert.formats.json.path import Element, Keyed
from convert.formats.json.resync import next_item
from convert.formats.jsonl.judge import BLANK, Judge, Start, shown_start
from convert.formats.jsonl.lenient import MAX_DEPTH, Broken, Reason, is_too_deep, understand
from convert.model import Location
from convert.source import CHUNK, is_damaged, visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from convert.formats.json.window import Window
    from convert.source import TextLines

_text_at: Callable[[str, int, bool], tuple[str, int]] = json.decoder.scanstring  # type: ignore[attr-defined]
_NEXT_ELEMENT = re.compile(rf"[{BLANK}]*,[{BLANK}]*(?={{)")
_NEXT_MEMBER = re.compile(rf'[{BLANK}]*,[{BLANK}]*(?=")')
_NAME = re.compile(rf'"([^"\\\x00-\x1f]*+)"[{BLANK}]*:[{BLANK}]*(?=[^{BLANK}])')
_NULL = re.compile(rf"null(?=[{BLANK},\]}}]|\Z)")
_SURROGATE = re.compile(r"\\u[dD]")
_COMMENT = re.compile(r"//[^\r\n]*(?=[\r\n]|\Z)|/\*.*?\*/", re.S)
_STRAY_SIZE = 80
_STRAY = re.compile(rf'[^"\[{{,]{{1,{_STRAY_SIZE}}}')  # what may stand wrongly between two items and is passed over
_NEAR_END = 16  # an error so near the end of the text at hand may come from its being cut
_COMMENT_SIZE = 100_000

_TRAILING = ("最後の要素の後に , があります", "a comma follows the last element")
_DOUBLED = ("要素のないところに , があります", "there is a comma where no element is")
_MISSING = ("要素の間に , がありません", "a comma is missing between two elements")
_COMMENTED = ("JSONには書けないコメントがあります", "there is a comment, which JSON does not have")
_LEFTOVER = ("要素の後に余分な文字があります", "something stands after the element that does not belong there")


class Stop(Exception):  # noqa: N818 - no error of ours: the document cannot be read on
    """Nothing after this place can be read. ``issue`` says why, unless the last record has said so."""

    def __init__(self, issue: Issue | None) -> None:
        self.issue = issue
        super().__init__(issue and issue.code)


class Items:
    """Walks through a document. ``ordinal`` counts records; ``carried`` are notices that no record has taken yet."""

    def __init__(self, window: Window, text: TextLines, judge: Judge, source: str) -> None:
        self.window = window
        self.ordinal = 0
        self.carried: list[Issue] = []
        self._text, self._judge, self._source = text, judge, source
        self._stop: Stop | None = None  # raised as soon as the record at hand is given

    # ── Records ──────────────────────────────────────────────────────────────────────────────────

    def records(self, *, named: bool) -> Iterator[Element]:
        """The items of the array (``named``: object) at hand as records; the window then stands after it."""
        window, judge, source, limit = self.window, self._judge, self._source, self._judge.limit
        scan, lines = judge.scan, self._text
        close, following = ("}", _NEXT_MEMBER) if named else ("]", _NEXT_ELEMENT)
        indent, name = None, ""
        issues: list[Issue] = []
        window.at += 1
        more = self._separators(close, first=True)
        while more:
            line, column = window.place()
            self.ordinal += 1
            if named:
                indent = window.indent()
                found = self._name()
                if found is None:
                    yield self._nameless(Start(line, column, whole=False), indent)
                    more = self._stop is None and self._separators(close)
                    continue
                name = found
            text, at = window.text, window.at
            judge.doubled = False
            try:
                body, end = scan(text, at)
            except (ValueError, StopIteration, RecursionError):
                body, end = None, at
            if (
                type(body) is dict
                and not judge.doubled
                and end - at <= limit
                and text.count("{", at, end) + text.count("[", at, end) <= MAX_DEPTH
                and (text.find("\\u", at, end) < 0 or not _SURROGATE.search(text, at, end))
                and not (lines.damaged and is_damaged(text[at:end]))
            ):
                issues = []
                window.at = end
            else:
                body, issues = self._slow(Start(line, column, whole=False), indent if named else window.indent(), close)
            if named and body is not None:
                body, issues = self._named(body, name, issues, Start(line, column))
            match = following.match(window.text, window.at)
            if match:
                window.at = match.end()
            else:
                more = self._stop is None and self._separators(close)
            if self.carried:
                issues = [*issues, *self._taken()]
            yield Element(body, source=source, ordinal=self.ordinal, line=line, column=column, issues=issues)
        if self._stop is not None:
            raise self._stop

    def single(self) -> Element:
        """The object at hand as the one record."""
        start = self.window.start()
        self.ordinal += 1
        body, issues = self._slow(start, None, "")
        return self._element(body, start, [*self._taken(), *issues])

    def lost(self, issue: Issue | None = None) -> Element:
        """What stands for the rest of a document that cannot be read, or for notices without a record."""
        self.ordinal += 1
        issues = self._taken()
        if issue is not None:
            issues.append(replace(issue, ordinal=self.ordinal))
        at = issues[-1].at
        return self._element(None, Start(at.line or 1, at.column or 1), issues)

    def _element(self, body: Any, start: Start, issues: list[Issue]) -> Element:
        return Element(
            body, source=self._source, ordinal=self.ordinal, line=start.line, column=start.column, issues=issues
        )

    def _taken(self) -> list[Issue]:
        issues = [replace(issue, ordinal=self.ordinal) for issue in self.carried]
        self.carried.clear()
        return issues

    def _named(
        self, body: dict[str, Any], name: str, issues: list[Issue], start: Start
    ) -> tuple[dict[str, Any] | None, list[Issue]]:
        if name.isascii() or not is_damaged(name):
            return Keyed(body, name), issues
        at = Location(self._source, line=start.line, column=start.column)
        return None, [Issue("SRC-JSON-SURROGATE", at, ordinal=self.ordinal, value=visible(name))]

    # ── Values on the way ────────────────────────────────────────────────────────────────────────

    def elements(self) -> Iterator[None]:
        """Stand before each element of the array at hand in turn; whoever asked moves on to after it."""
        self.window.at += 1
        more = self._separators("]", first=True)
        while more:
            yield
            more = self._separators("]")
        if self._stop is not None:
            raise self._stop

    def members(self) -> Iterator[str]:
        """Stand before the value of each member of the object at hand in turn, and give its name."""
        self.window.at += 1
        more = self._separators("}", first=True)
        while more:
            name = self._name()
            if name is None:
                raise Stop(self._issue("SRC-JSON-STOP"))
            yield name
            more = self._separators("}")
        if self._stop is not None:
            raise self._stop

    def skip(self) -> None:
        """Leave the value at hand behind; only its brackets and quotes are looked at."""
        stop = self._discard(Balance(), self.window.at)
        if stop is not None:
            raise stop

    def skip_comments(self) -> None:
        """Leave blanks and comments behind."""
        while self.window.peek() == "/":
            self._comment()

    def _discard(self, balance: Balance, at: int) -> Stop | None:
        window = self.window
        while True:
            end = balance.feed(window.text, at, final=window.ended)
            window.at = end if end >= 0 else balance.at
            if end >= 0:
                return None
            if balance.wrong or window.ended:
                return Stop(self._issue("SRC-JSON-STOP" if balance.wrong else "SRC-JSON-CUT"))
            window.more()
            at = window.at

    # ── Between values ───────────────────────────────────────────────────────────────────────────

    def _separators(self, close: str, *, first: bool = False) -> bool:
        """Go on to the next item; False after the last one, or when reading has to stop."""
        window = self.window
        comma = False
        while True:
            mark = window.peek()
            if not mark:
                self._stop = Stop(self._issue("SRC-JSON-CUT"))
                return False
            if mark == close:
                if comma:
                    self._note(_TRAILING)
                window.at += 1
                return False
            if mark == ",":
                if comma or first:
                    self._note(_DOUBLED)
                window.at += 1
                comma, first = True, False
            elif mark == "/":
                try:
                    self._comment()
                except Stop as stop:
                    self._stop = stop
                    return False
            elif mark == "n" and close == "]" and self._null():
                comma = first = False
            elif mark == '"' or (close == "]" and mark not in "}:"):
                if not (comma or first):
                    self._note(_MISSING)
                return True
            elif not self._stray(close):
                self._stop = Stop(self._issue("SRC-JSON-STOP"))
                return False

    def _null(self) -> bool:
        window = self.window
        window.reach(_NEAR_END)
        if not _NULL.match(window.text, window.at):
            return False
        last = self.carried[-1] if self.carried else None
        if last is not None and last.code == "SRC-JSON-NULL":
            self.carried[-1] = replace(last, slots={"count": last.slots["count"] + 1})
        else:
            self.carried.append(replace(self._issue("SRC-JSON-NULL", slots={"count": 1}), value=None))
        window.at += len("null")
        return True

    def _comment(self) -> None:
        window = self.window
        found = _COMMENT.match(window.text, window.at)
        while not window.ended and len(window.text) - window.at < _COMMENT_SIZE:
            if found and found.end() < len(window.text):
                break
            window.more()
            found = _COMMENT.match(window.text, window.at)
        if found is None:
            raise Stop(self._issue("SRC-JSON-STOP"))
        self._note(_COMMENTED)
        window.at = found.end()

    def _stray(self, close: str) -> bool:
        """Leave a few characters behind that do not belong there, when it is certain what follows them."""
        window = self.window
        window.reach(_STRAY_SIZE + 1)
        found = _STRAY.match(window.text, window.at)
        if found is None:
            return False
        end = found[0].find(close)
        place, mark = window.ahead(found.end() if end < 0 else found.start() + end)
        if mark not in (",", close):
            return False
        self._note(_LEFTOVER)
        window.at = place
        return True

    def _note(self, reason: tuple[str, str]) -> None:
        self.carried.append(self._issue("SRC-JSON-BETWEEN", slots={"reason_ja": reason[0], "reason": reason[1]}))

    def _issue(self, code: str, slots: dict[str, Any] | None = None) -> Issue:
        window = self.window
        start = window.start()
        value = shown_start(window.text[window.at : window.at + 60]) or None
        return Issue(code, Location(self._source, line=start.line, column=start.column), value=value, slots=slots or {})

    # ── A name ───────────────────────────────────────────────────────────────────────────────────

    def _name(self) -> str | None:
        """The name at hand; the window then stands before its value. None: there is no name with a value."""
        window = self.window
        found = _NAME.match(window.text, window.at)
        if found:
            window.at = found.end()
            return found[1]
        name = self._long_name()
        if name is None:
            return None
        place, mark = window.ahead(name[1])
        if mark != ":":
            return None
        place, mark = window.ahead(place + 1)
        if not mark:
            return None
        window.at = place
        return name[0]

    def _nameless(self, start: Start, indent: str | None) -> Element:
        """The broken record of an item that is no name with a value."""
        window = self.window
        found = self._long_name()
        at, reason = (window.at, Reason.NAME) if found is None else (window.ahead(found[1])[0], Reason.COLON)
        text = window.text[window.at : at + 100]
        issues = [self._judge.broken(Broken(at - window.at + 1, reason), text, start, self.ordinal)]
        self._go_on(issues, next_item(window, at, indent, "}"))
        return self._element(None, start, issues)

    def _go_on(self, issues: list[Issue], place: int | None) -> None:
        """After a broken item: from where the next one is certain, or not at all."""
        if place is not None:
            self.window.at = place
            return
        self._stop = Stop(None)
        if issues[0].code != "SRC-JSON-CUT":
            issues.append(Issue("SRC-JSON-STOP", issues[0].at, ordinal=self.ordinal, value=issues[0].value))

    def _long_name(self) -> tuple[str, int] | None:
        window = self.window
        while window.text[window.at] == '"':
            try:
                return _text_at(window.text, window.at + 1, True)
            except ValueError as error:
                size = len(window.text) - window.at
                if not str(error).startswith("Unterminated") or window.ended or size > self._judge.limit:
                    return None
            window.more()
        return None

    # ── A value that is not plainly good ─────────────────────────────────────────────────────────

    def _slow(self, start: Start, indent: str | None, close: str) -> tuple[dict[str, Any] | None, list[Issue]]:
        """Read the value at hand at leisure; the window then stands after it, or reading has to stop."""
        window, judge, balance = self.window, self._judge, Balance()
        place = self._before_fault(indent, close)
        if place is not None:
            text, window.at = window.text[window.at : place], place
            return judge.read(text, start, self.ordinal, damaged=self._text.damaged)
        end, error = self._measure(balance)
        issues: list[Issue] = []
        followed = False
        if end >= 0:
            text = window.text[window.at : end]
            body, issues = judge.read(text, start, self.ordinal, damaged=self._text.damaged)
            size = end - window.at
            _, mark = window.ahead(end)
            end = window.at + size
            followed = mark in (",", close) or body is not None
            if followed and not (body is None and balance.control):
                window.at = end
                return body, issues
            error = min(error, size)
        elif error < 0 and not balance.wrong and balance.at - window.at > judge.limit:
            issue = judge.too_long(window.text[window.at : window.at + 400], start, self.ordinal)
            self._stop = self._discard(balance, balance.at)
            return None, [issue]
        else:
            issues = [self._fault(start)]
        place = next_item(window, window.at + error, indent, close) if close and error >= 0 else None
        if place is None and followed:
            place = end
        if close:
            self._go_on(issues, place)
        else:
            self._stop = Stop(None)
        return None, issues

    def _before_fault(self, indent: str | None, close: str) -> int | None:
        """Where the next item is, if the one at hand does not end: the fault shows only beyond it."""
        window, error = self.window, self._error()
        if error < 0 or not close:
            return None
        place = next_item(window, window.at + error, indent, close)
        return place if place is not None and place < window.at + error else None

    def _measure(self, balance: Balance) -> tuple[int, int]:
        """The place after the value at hand, by its brackets, and how far in the strict parser finds a fault.

        Each is -1 when it was not found.
        """
        window = self.window
        at, error = window.at, self._error()
        end = -1
        while True:
            if not balance.wrong:
                end = balance.feed(window.text, at, final=window.ended)
                at = balance.at
            far = at - window.at > (self._judge.limit if error < 0 else error + CHUNK)
            if end >= 0 or window.ended or far or (balance.wrong and error >= 0):
                return end, error
            at -= window.more()
            balance.at = at
            if error < 0:
                error = self._error()

    def _error(self) -> int:
        """How far into the value at hand the strict parser stops where more text could not help, or -1."""
        window = self.window
        try:
            self._judge.scan(window.text, window.at)
        except StopIteration as error:
            place = int(error.value)
        except RecursionError:
            return -1
        except ValueError as error:
            place = getattr(error, "pos", window.at)
            if str(error).startswith("Unterminated"):
                return -1
        else:
            return -1
        return place - window.at if place < len(window.text) - _NEAR_END or window.ended else -1

    def _fault(self, start: Start) -> Issue:
        """The issue of a value whose end its brackets do not show."""
        window, judge = self.window, self._judge
        text = window.text[window.at : window.at + judge.limit]
        if self._text.damaged and is_damaged(text):
            return judge.second_look(text, start, self.ordinal, damaged=True)[1][0]
        if is_too_deep(text):
            return Issue(
                "SRC-JSON-DEPTH",
                Location(self._source, line=start.line, column=start.column),
                ordinal=self.ordinal,
                value=shown_start(text),
            )
        found = understand(text)
        if isinstance(found, Broken) and not _is_cut(text, found):
            return judge.broken(found, text, start, self.ordinal)
        return replace(
            Issue("SRC-JSON-CUT", Location(self._source, line=start.line, column=start.column)),
            ordinal=self.ordinal,
            value=shown_start(text),
        )


def _is_cut(text: str, found: Broken) -> bool:
    """Whether a broken value at the end of a file only ends too early."""
    if found.reason is Reason.END:
        return True
    rest = text[found.column - 1 :]
    if found.reason is Reason.STRING and rest.startswith('"'):
        try:
            _text_at(rest, 1, True)
        except ValueError as error:
            return str(error).startswith("Unterminated")
    return found.reason is Reason.VALUE and any(word.startswith(rest) for word in ("true", "false", "null", "-"))
