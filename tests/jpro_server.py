"""JPRO's contract on loopback, broken where it is told to be: ``Faulty(entries(450), {"cut-once"})``.

As a program (``python -m tests.jpro_server --records 1000``) it prints its address and serves until it is ended.
"""

from __future__ import annotations

import argparse
import gzip
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from convert.harvest.jpro.demo import Answer, Demo, Entry, Handler, entries, make_server

if TYPE_CHECKING:
    from collections.abc import Sequence

HTML = b"<!DOCTYPE html><html><head><title>Maintenance</title></head><body>Please wait</body></html>"


class Faulty(Demo):
    """``at``: the page of a list, or the place of a record, where a fault sits."""

    def __init__(
        self, records: Sequence[Entry], faults: set[str] | frozenset[str] = frozenset(), *, at: int = 2, **more: Any
    ) -> None:
        super().__init__(records, **{"page": 20} | more)
        self.faults, self.at = faults, at
        self.counts: dict[str, int] = {}
        self.delay = 0.0
        self.answered = 0

    def has(self, fault: str) -> bool:
        return fault in self.faults

    def once(self, fault: str, times: int = 1) -> bool:
        """Whether a fault that goes away is still there."""
        if not self.has(fault):
            return False
        self.counts[fault] = self.counts.get(fault, 0) + 1
        return self.counts[fault] <= times

    @property
    def bad(self) -> Entry | None:
        """The record where a fault sits."""
        return self.records[self.at] if self.at < len(self.records) else None

    @property
    def verbs(self) -> list[str]:
        return [given["verb"] for _, given in self.log if "verb" in given]

    def answer(self, target: str) -> Answer:
        time.sleep(self.delay)
        if self.has("redirect") and not urlsplit(target).path.startswith("/moved"):
            with self.lock:
                self.log.append((urlsplit(target).path, {}))
            return Answer(302, headers={"Location": f"/moved{target}"})
        answer = self._whole(target) or super().answer(target.removeprefix("/moved"))
        if answer.status == 200 and answer.media.startswith("text/xml"):
            self._dress(answer)
        return answer

    def _whole(self, target: str) -> Answer | None:
        """Faults of every request."""
        self.answered += 1
        status = next((int(name[4:]) for name in self.faults if name.startswith("all-")), None)
        late = next((int(name[5:]) for name in self.faults if name.startswith("then-") and name[5:].isdigit()), None)
        status = status if late is None or self.answered <= self.at else late
        found = None if status is None else Answer(status)
        if self.has("html-all") or (self.has("then-html") and self.answered > self.at):
            found = Answer(200, HTML, "text/html")
        if found is None and self.once("429-soon"):
            found = Answer(429, headers={"Retry-After": "7"})
        if found is None and self.has("429-late") and self.answered > self.at:
            found = Answer(429, headers={"Retry-After": "7200"})
        if found is None and self.has("429-always-soon") and self.answered > self.at:
            found = Answer(429, headers={"Retry-After": "1"})
        if found is not None:
            with self.lock:
                parts = urlsplit(target)
                self.log.append((parts.path, {"verb": "-"} if parts.query else {}))
        return found

    def _dress(self, answer: Answer) -> None:
        """Faults of how an answer looks."""
        if self.has("no-declaration"):
            answer.body = answer.body.partition(b"?>\n")[2]
        if self.has("no-envelope-namespace"):
            answer.body = answer.body.replace(b' xmlns="http://www.openarchives.org/OAI/2.0/"', b"", 1)
        if self.has("blank-before"):
            answer.body = b"\n  " + answer.body
        if self.has("warning-before"):
            answer.body = b"<br />\n<b>Warning</b>: a notice\n" + answer.body
        if self.has("text-behind"):
            answer.body += b"\n<!-- 0.2 s --> done"
        if self.has("wrong-type"):
            answer.media = "text/html"
        if self.has("gzip"):
            answer.body = gzip.compress(answer.body)
            answer.headers["Content-Encoding"] = "gzip"

    # ── Lists ──────────────────────────────────────────────────────────────────────────────────

    def listed(self, verb: str, mine: list[Entry], given: dict[str, str], start: int) -> Answer:
        if self.has("ignores-until"):
            given = given | {"until": "9999-12-31"}
        if self.has("ignores-from"):
            given = given | {"from": "0000-01-01"}
        if self.has("ignores-set"):
            given = {name: value for name, value in given.items() if name != "set"}
        if self.has("newest-first"):
            mine = mine[::-1]
        answer = super().listed(verb, mine, given, start)
        if answer.status != 404:
            return answer
        if start and self.has("end-empty"):
            return self.envelope(f"<{verb}><resumptionToken/></{verb}>")
        if self.has("none-200"):
            return self.error("noRecordsMatch", "none").answer
        return Answer(404, self.error("noRecordsMatch", "none").answer.body) if self.has("none-404-body") else answer

    def page_of(self, verb: str, items: list[Any], given: dict[str, str], start: int) -> Answer:
        number = start // self.page + 1
        broken = self._broken(verb, items[start : start + self.page], number)
        if broken is not None:
            return broken
        if self.has("repeat") and number > 1:
            start = 0
        if self.has("cycle") and number > 3:
            start = (number - 1) % 3 * self.page
        if self.has("same-token"):
            self.counts["place"] = start + self.page
        if number == self.at and self.once("empty-page"):
            return self.envelope(f"<{verb}>{self.token(verb, given, start - self.page, len(items))}</{verb}>")
        if self.has("overlapping-pages") and start:
            items = [*items[:start], items[start - 1], *items[start:]]
        answer = super().page_of(verb, items, given, start)
        if number == self.at and self.once("half-page-once"):
            answer.body = answer.body[: len(answer.body) // 2]
        if number == self.at and self.once("cut-once"):
            answer.headers["cut"] = "1"
        if self.has("error-beside"):
            answer.body = answer.body.replace(b"<List", b'<error code="noRecordsMatch">beside</error><List', 1)
        return answer

    def _broken(self, verb: str, part: list[Any], number: int) -> Answer | None:
        poisoned = self.has("poison") and self.bad in part and verb == "ListRecords"
        if poisoned or (number == self.at and (self.has("error-500") or self.once("error-500-twice", 2))):
            return Answer(500)
        if number != self.at:
            return None
        if self.once("error-502") or self.once("error-504"):
            return Answer(502)
        if self.once("error-503"):
            return Answer(503, headers={"Retry-After": "3"})
        if self.once("empty-answer"):
            return Answer(200)
        if self.has("html-page") or self.once("html-once"):
            return Answer(200, HTML, "text/html")
        if self.once("slow"):
            time.sleep(0.4)
        if self.has("dtd"):
            return Answer(200, b'<!DOCTYPE x [<!ENTITY a "aaaa">]><OAI-PMH>&a;</OAI-PMH>')
        if self.has("huge"):
            return Answer(200, b"<?xml version='1.0'?><OAI-PMH>" + b"<a/>" * 700_000 + b"</OAI-PMH>")
        return None

    def token(self, verb: str, given: dict[str, str], start: int, size: int) -> str:
        if self.has("no-size"):
            self.sizes = False
        told = size
        if self.has("repeat") or self.has("cycle") or (self.has("token-on-last") and size):
            told = start + 2 * self.page
        made = super().token(verb, given, start, told)
        if self.has("size-garbled"):
            made = made.replace(f'"{told}"', '"many"')
        made = made.replace(f'completeListSize="{told}"', f'completeListSize="{size}"')
        if self.has("no-empty-token") and made.endswith("/>"):
            return ""
        if self.has("empty-token-blanks"):
            made = made.replace("/>", "> \n </resumptionToken>")
        if self.has("odd-token"):
            made = made.replace('">', '">&amp;&lt;+%/é= ').replace(
                "<resumptionToken>", "<resumptionToken>&amp;&lt;+%/é= "
            )
        if self.has("same-token") and made.endswith("</resumptionToken>"):
            return f'<resumptionToken completeListSize="{size}">T</resumptionToken>'
        if self.has("token-lost") and start:
            return ""
        return made

    def read_token(self, token: str, verb: str) -> tuple[dict[str, str], int]:
        if self.once("token-expired"):
            raise self.error("badResumptionToken", "expired")
        if self.once("token-404"):
            raise self._gone()
        if self.has("same-token") and token == "T":  # noqa: S105 - no secret
            return self.first, self.counts["place"]
        return super().read_token(token.removeprefix("&<+%/é= ") if self.has("odd-token") else token, verb)

    def check_days(self, given: dict[str, str]) -> None:
        super().check_days(given)
        self.first = given

    def _gone(self) -> Exception:
        refusal = self.error("badResumptionToken", "")
        refusal.answer = Answer(404)
        return refusal

    # ── Records ────────────────────────────────────────────────────────────────────────────────

    def one(self, mine: list[Entry], code: str) -> Answer:
        if self.has("poison") and self.bad is not None and code == self.bad.code:
            return Answer(500)
        return super().one(mine, code)

    def header(self, entry: Entry) -> str:
        made = super().header(entry)
        if self.has("seconds"):
            made = made.replace("</datestamp>", "T00:00:00Z</datestamp>")
        if self.has("datestamps-garbled"):
            made = made.replace(entry.updated, entry.updated.replace("-", ""))
        return made.partition("<setSpec>")[0] + "</header>" if self.has("no-setspec") else made

    def record(self, entry: Entry) -> str:
        made = super().record(entry)
        if self.has("about"):
            made = made.replace("</record>", "<about><x xmlns=''/></about></record>")
        spoiled = entry is self.bad
        if spoiled and self.has("control-character"):
            made = made.replace("</TitleText>", "\x0b</TitleText>")
        if spoiled and self.has("bare-ampersand"):
            made = made.replace("</TitleText>", " A & B</TitleText>")
        return made

    # ── Images ─────────────────────────────────────────────────────────────────────────────────

    def image(self, mine: list[Entry], name: str) -> Answer:
        answer = super().image(mine, name)
        if answer.status != 200:
            return answer
        here = self.has("image-at") or (self.bad is not None and name.startswith(self.bad.code))
        if here and self.has("image-404"):
            return Answer(404)
        if here and self.has("image-html"):
            return Answer(200, HTML, "text/html")
        if here and (self.has("image-cut") or self.once("image-cut-once")):
            answer.body = answer.body[:-20]
        if here and self.has("image-500"):
            return Answer(500)
        if here and self.has("image-big"):
            answer.body = answer.body.replace(b"\x08\x00\x01\x00\x01", b"\x08\x03\x20\x02\x58")
        if self.has("image-403"):
            return Answer(403)
        return answer


class FaultyHandler(Handler):
    """Cuts connections where it is told to."""

    def send(self, answer: Answer) -> None:
        if answer.headers.pop("cut", None) is None:
            super().send(answer)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body[: len(answer.body) // 2])
        self.close_connection = True


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--records", type=int, default=450)
    parser.add_argument("--fault", action="append", default=[])
    parser.add_argument("--page", type=int, default=20)
    parser.add_argument("--at", type=int, default=2)
    given = parser.parse_args()
    faulty = Faulty(entries(given.records), set(given.fault), page=given.page, at=given.at)
    server = make_server(faulty, handler=FaultyHandler)
    print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
