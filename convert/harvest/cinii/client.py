"""Ask OpenSearch for Holdings: one NCID, one answer that was looked at. The application id is sent and never told."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, quote, quote_plus, urlencode, urlsplit, urlunsplit

from convert.errors import MokurokuError
from convert.harvest.cinii.answer import AnswerError, read_answer
from convert.harvest.cinii.query import SECRET
from convert.harvest.web import WebFault, joined, without_secrets
from convert.values.ncid import compact

if TYPE_CHECKING:
    from collections.abc import Callable

    from convert.harvest.cinii.answer import Answer, Library
    from convert.harvest.web import Fetched, Web

AGAIN: Final = frozenset({"empty", "malformed", "charset", "html"})
"""Faults of an answer that may be gone when it is asked for once more."""
REASONS: Final = {
    "empty": "空の応答です",
    "html": "XML・JSON ではなくウェブページが返りました",
    "malformed": "応答を XML・JSON として読めません（途中で切れたのかもしれません）",
    "charset": "応答の文字コードが正しくありません",
    "dtd": "文書型宣言のある応答は読みません",
    "other": "所蔵の応答ではありません",
    "error": "CiNii がエラーを返しました",
    "echo": "別の NCID についての応答です",
    "status": "サーバーがエラーを返しました",
    "refused": "サーバーに断られました",
}
ENGLISH: Final = {
    "empty": "the answer is empty",
    "html": "a web page came instead of XML or JSON",
    "malformed": "the answer cannot be read as XML or JSON; it may have broken off",
    "charset": "the answer is in a wrong character encoding",
    "dtd": "an answer with a document type is not read",
    "other": "this is no answer about holdings",
    "error": "CiNii tells an error",
    "echo": "the answer is about another NCID",
}
_SAID: Final = frozenset({"html", "error", "echo", "other"})
"""Faults in whose words the server's own are worth telling."""
_FORBIDDEN: Final = frozenset({401, 403})


class CiniiFault(MokurokuError):  # noqa: N818 - what a server did
    """The holdings of one NCID cannot be had; others may. ``kind`` as in :data:`REASONS`; ``ja``: why, in Japanese."""

    def __init__(self, kind: str, detail: str, *, status: int | None = None, ja: str = "") -> None:
        self.kind, self.detail, self.status = kind, detail, status
        self.ja = ja or REASONS.get(kind, kind)
        super().__init__(detail)

    @classmethod
    def of(cls, kind: str, said: str = "", status: int | None = None) -> CiniiFault:
        """A fault with what was said in both languages; the parser's own words are English."""
        en = ENGLISH[kind] + (f" ({said})" if said else "")
        ja = REASONS[kind] + (f"（{said}）" if said and kind in _SAID else "")
        if status is not None and status >= 400:
            en, ja = f"HTTP {status}: {en}", f"HTTP {status}、{ja}"
        return cls(kind, en, status=status, ja=ja)


def look_at(found: Answer, ncid: str | None, hidden: Callable[[str], str] = str) -> None:
    """Raise :class:`CiniiFault` for an answer about something else; ``hidden`` takes secrets out of what it says."""
    if ncid is not None and found.ncid is not None and compact(found.ncid) != ncid:
        raise CiniiFault.of("echo", hidden(found.ncid))
    if found.libraries and not any("/library/" in library.uri or library.fano for library in found.libraries):
        raise CiniiFault.of("other", hidden(found.title)[:80])


def _status(status: int) -> CiniiFault:
    return CiniiFault("status", f"HTTP {status}", status=status, ja=f"HTTP {status}")


@dataclass(slots=True)
class CiniiClient:
    """Asks one address. ``parameters`` go with every request; ``appid`` goes with it too and is never told."""

    address: str
    web: Web
    form: str = "json"
    parameters: dict[str, str] = field(default_factory=dict)
    appid: str | None = field(default=None, repr=False)

    def arguments(self, ncid: str) -> dict[str, str]:
        """What is sent."""
        secret = {"appid": self.appid} if self.appid else {}
        return {"ncid": ncid} | self.parameters | {"format": self.form} | secret

    def shown(self, ncid: str) -> str:
        """The request as it may be shown."""
        return without_secrets(joined(self.address, self.arguments(ncid)))

    def ask(self, ncid: str) -> Answer:
        """The answer about an NCID; one that cannot be read, or holds fewer than it says, is asked for once more.

        Raises :class:`CiniiFault` when it cannot be had, :class:`WebFault` when the server should not be asked on.
        """
        try:
            found = self._once(ncid)
        except CiniiFault as fault:
            if fault.kind not in AGAIN:
                raise
            return self._once(ncid)
        if (found.total or 0) <= len(found.libraries):
            return found
        again = self._once(ncid)
        return again if len(again.libraries) >= len(found.libraries) else found

    def _once(self, ncid: str) -> Answer:
        try:
            fetched = self.web.get(self.address, self.arguments(ncid))
        except WebFault as fault:
            fault.detail = self.hidden(fault.detail)
            fault.args = (self.hidden(str(fault)),)
            raise
        if fetched.status in _FORBIDDEN:
            raise self._forbidden(fetched)
        try:
            found = read_answer(fetched.body)
        except AnswerError as error:
            raise self._fault(fetched, error) from None
        if fetched.status >= 400:
            raise _status(fetched.status)
        look_at(found, ncid, self.hidden)
        found.libraries = [self._without_id(library) for library in found.libraries]
        return found

    def _fault(self, fetched: Fetched, error: AnswerError) -> CiniiFault:
        if fetched.status >= 400 and error.kind != "error":
            return _status(fetched.status)
        return CiniiFault.of(error.kind, self.hidden(error.detail), fetched.status)

    def _forbidden(self, fetched: Fetched) -> WebFault:
        what = f"the id in {SECRET} may be wrong or blocked" if self.appid else f"{SECRET} holds no application id"
        found = WebFault("status", fetched.address, f"HTTP {fetched.status}; {what}", status=fetched.status)
        own = f"環境変数 {SECRET} のアプリケーションIDが違うか、止められています"
        none = f"環境変数 {SECRET} にアプリケーションIDがありません"
        found.ja = f"HTTP {fetched.status}。{own if self.appid else none}"
        return found

    def _without_id(self, library: Library) -> Library:
        uris = {name: _stripped(uri) for name in ("uri", "data", "opac") if (uri := getattr(library, name))}
        return replace(library, **{name: self.hidden(uri) for name, uri in uris.items()})

    def hidden(self, text: str) -> str:
        """A text without the application id, whoever wrote it there."""
        text = re.sub(r"(?i)(appid(?:=|%3D))[^&\s\"'<>]+", r"\1***", text)
        if not self.appid or len(self.appid) < 4:  # a shorter one stands in any text
            return text
        for form in {self.appid, quote(self.appid), quote_plus(self.appid)}:
            text = text.replace(form, "***")
        return text


def _stripped(uri: str) -> str:
    """An address without ``appid`` among its arguments."""
    if "appid" not in uri.lower():
        return uri
    parts = urlsplit(uri)
    kept = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0].lower() != "appid"]
    return urlunsplit(parts._replace(query=urlencode(kept)))
