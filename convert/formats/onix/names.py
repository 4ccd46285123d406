"""Element names of ONIX for Books: reference names and short tags, and what is HTML inside texts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_HTML = """
a abbr acronym address b bdi bdo big blockquote br caption cite code col colgroup dd del dfn div dl dt em h1 h2 h3 h4
h5 h6 hr i img ins kbd li ol p pre q rb rp rt ruby s samp small span strike strong sub sup table tbody td tfoot th thead
tr tt u ul var
"""
XHTML = frozenset(_HTML.split())
"""Elements that mark up a text (``textformat="05"``); no short tag of ONIX has such a name."""


def is_text(name: str, release: str) -> bool:
    """Whether an element holds a text: those that hold elements have no short tag of their own.

    >>> is_text("TitleText", "3.0"), is_text("TitleDetail", "3.0"), is_text("Titel", "3.0")
    (True, False, True)
    """
    return names(release).short.get(name, "") != name.lower()


@dataclass(frozen=True, slots=True)
class Names:
    """The names of one release: reference → short tag and back."""

    short: dict[str, str]
    reference: dict[str, str]

    def to_reference(self, tag: str) -> str:
        """The reference name of a tag of either set; the tag itself when ONIX does not know it."""
        return self.reference.get(tag, tag)


@cache
def names(release: str = "3.0") -> Names:
    """The names of release 2.1, or of 3.0 and 3.1 together.

    >>> names("2.1").short["MainSubject"], names("3.1").short["MainSubject"]
    ('mainsubject', 'x425')
    >>> names().to_reference("b203"), names().to_reference("TitleText")
    ('TitleText', 'TitleText')
    """
    old = release.startswith("2")
    rows = [line.split("\t") for line in _table().splitlines() if not line.startswith("#")]
    short = {}
    for name, new_tag, old_tag in rows:
        first, second = (old_tag, new_tag) if old else (new_tag, old_tag)
        tag = second if first == "-" else first  # what only the other release has keeps its tag
        short[name] = name.lower() if tag == "=" else tag
    reference: dict[str, str] = {}
    for name, new_tag, old_tag in rows:  # the release's own names win
        own = (old_tag if old else new_tag) != "-"
        if own or short[name] not in reference:
            reference[short[name]] = name
    return Names(short, reference)


@cache
def others(release: str, *, short: bool) -> dict[str, str]:
    """The names of the other tag set, and what they are called in a file with short tags (``short``) or without.

    >>> others("3.0", short=False)["b203"], others("3.0", short=True)["TitleText"], "p" in others("3.0", short=False)
    ('TitleText', 'b203', False)
    """
    known = names(release)
    own, table = (known.reference, known.short) if short else (known.short, known.reference)
    return {tag: name for tag, name in table.items() if tag not in own and tag not in XHTML}


@cache
def releases(name: str) -> str:
    """The releases that have an element of that reference name: ``2``, ``3``, ``23``, empty when none has.

    >>> releases("TitleText"), releases("OtherText"), releases("TitleDetail"), releases("Titel")
    ('23', '2', '3', '')
    """
    row = _rows().get(name)
    if row is None:
        return ""
    return ("2" if row[1] != "-" else "") + ("3" if row[0] != "-" else "")


@cache
def _rows() -> dict[str, list[str]]:
    rows = [line.split("\t") for line in _table().splitlines() if not line.startswith("#")]
    return {name: tags for name, *tags in rows}


def _table() -> str:
    return files("convert.formats.onix").joinpath("names.tsv").read_text("utf-8")
