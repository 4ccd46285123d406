"""The ``.html`` report: one self-contained page for the people who correct the data and those who decide."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from convert.page import page, shown
from convert.report.draft import Draft
from convert.report.page import findings, sections
from convert.report.page.view import View, clipped

if TYPE_CHECKING:
    from convert.check.issue import Issue
    from convert.report.report import Report


@cache
def _part(name: str) -> str:
    return (Path(__file__).parent / "page" / name).read_text(encoding="utf-8")


def document(report: Report, lang: str) -> str:
    """The whole page."""
    view = View(report, lang)
    say, section = view.say, sections.section
    found = [
        ("codes", section("codes", say("codes"), findings.findings(view))),
        ("misses", section("misses", say("misses"), findings.misses(view))),
        ("by_code_field", section("by_code_field", say("by_code_field"), findings.matrix(view))),
        ("comparison", section("comparison", say("comparison"), sections.comparison(view))),
        ("published", section("published", say("published"), sections.published(view))),
        ("outcome", section("outcome", say("outcome"), sections.outcomes(view))),
        ("charts", section("charts", say("charts"), sections.figures(view))),
        *((text.split('"', 2)[1], text) for text in sections.statistics(view)),
        ("files", section("files", say("files"), sections.files(view))),
        ("limits", section("limits", say("limits"), sections.limits(view))),
        ("words", section("words", say("words"), sections.meanings(view))),
    ]
    found = [(name, text) for name, text in found if text]
    named = [(name, say(name)) for name, _ in found]
    skip = f'<a class="skip" href="#main">{shown(say("skip"))}</a>'
    if view.codes:
        skip += f'<a class="skip" href="#codes">{shown(say("skip_codes"))}</a>'
    inputs = "、".join(str(entry["name"]) for entry in report.inputs[:3]) + ("…" if len(report.inputs) > 3 else "")
    head = f'<header><h1>{shown(say("title"))}</h1><p class="note">{clipped(inputs)}</p></header>'
    body = "\n".join(text for _, text in found)
    top = f'<p class="end"><a href="#top">{shown(say("top"))}</a></p>'
    contents = sections.contents(view, named)
    main = f'<main id="main" tabindex="-1">{sections.verdict(view)}\n{contents}\n{body}</main>'
    return page(
        say("title"), view.lang, f'{skip}<div id="top"></div>{head}{main}{top}', _part("style.css"), _part("script.js")
    )


class Reporter:
    """Write the page in one language."""

    streams = False
    wants_statistics = True

    def __init__(self, path: Path, *, lang: str) -> None:
        self._lang = lang
        self._draft = Draft(path)

    def issue(self, issue: Issue) -> None:
        """Nothing to do: the samples are in the report."""

    def close(self, report: Report) -> None:
        """Write the file."""
        self._draft.write(document(report, self._lang).encode("utf-8"))
        self._draft.keep()

    def abort(self) -> None:
        """Leave nothing behind."""
        self._draft.discard()
