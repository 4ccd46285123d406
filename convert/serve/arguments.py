"""The arguments of a request (OAI-PMH 2.0 §3.1.1, §4): what each verb takes, and what is wrong with what was sent."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

from convert.formats.dcndl.escape import forbidden
from convert.serve.dates import is_day, read

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Pairs = list[tuple[str, str]]
MOST_PAIRS: Final = 40
MOST_BYTES: Final = 16_384
"""Bytes of all arguments together."""
_SHOWN: Final = 100


@dataclass(frozen=True, slots=True)
class Error:
    """An error of the protocol: its code, and what is wrong in words."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Takes:
    """The arguments of a verb."""

    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    exclusive: str | None = None


VERBS: Final[Mapping[str, Takes]] = {
    "Identify": Takes(),
    "ListMetadataFormats": Takes(optional=("identifier",)),
    "ListSets": Takes(exclusive="resumptionToken"),
    "GetRecord": Takes(required=("identifier", "metadataPrefix")),
    "ListIdentifiers": Takes(("metadataPrefix",), ("from", "until", "set"), "resumptionToken"),
    "ListRecords": Takes(("metadataPrefix",), ("from", "until", "set"), "resumptionToken"),
}
ORDER: Final = ("verb", "identifier", "metadataPrefix", "from", "until", "set", "resumptionToken")
"""In which order a request is told."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that keeps the rules: ``given`` without the verb, ``echo`` all arguments in order."""

    verb: str
    given: Mapping[str, str]

    @property
    def echo(self) -> list[tuple[str, str]]:
        """The attributes of ``request``."""
        whole = {"verb": self.verb, **self.given}
        return [(name, whole[name]) for name in ORDER if name in whole]


def pairs_of(query: bytes) -> Pairs | None:
    """The arguments of a query or form; None: too much of it. What is no UTF-8 stays visible as what it is not."""
    if len(query) > MOST_BYTES:
        return None
    text = query.decode("utf-8", "surrogateescape")
    try:
        return parse_qsl(text, keep_blank_values=True, errors="surrogateescape", max_num_fields=MOST_PAIRS)
    except ValueError:
        return None


def asked(pairs: Pairs | None, *, days: bool) -> Asked | list[Error]:
    """The request that some arguments are, or what is wrong. ``days``: the repository's granularity."""
    if pairs is None:
        return [Error("badArgument", "The request is too long.")]
    verbs = [value for name, value in pairs if name == "verb"]
    if not verbs:
        return [Error("badVerb", f"The verb is missing. Verbs: {', '.join(VERBS)}.")]
    if len(verbs) > 1:
        return [Error("badVerb", "The argument verb is repeated.")]
    if verbs[0] not in VERBS:
        return [Error("badVerb", f"'{shown(verbs[0])}' is no verb of OAI-PMH. Verbs: {', '.join(VERBS)}.")]
    rest = [(name, value) for name, value in pairs if name != "verb"]
    wrong = [*_wrong_names(verbs[0], [name for name, _ in rest]), *_wrong_values(dict(rest), days=days)]
    return wrong or Asked(verbs[0], dict(rest))


def _wrong_names(verb: str, names: Sequence[str]) -> list[Error]:
    takes = VERBS[verb]
    known = {*takes.required, *takes.optional, *([takes.exclusive] if takes.exclusive else [])}
    found = [f"{verb} takes no argument '{shown(name)}'." for name in dict.fromkeys(names) if name not in known]
    found += [f"The argument {name} is repeated." for name in sorted(known & set(names)) if names.count(name) > 1]
    if takes.exclusive in names:
        if len(set(names)) > 1:
            found.append(f"{takes.exclusive} stands alone: no other argument may be sent with it.")
    else:
        found += [f"{verb} needs the argument {name}." for name in takes.required if name not in names]
    return [Error("badArgument", text) for text in found]


def _wrong_values(given: Mapping[str, str], *, days: bool) -> list[Error]:
    found = []
    for name, value in given.items():
        if name not in _SYNTAX:
            continue
        if forbidden(value) is not None:
            found.append(f"The value of {name} holds what is no character of XML, or no UTF-8.")
        elif name in ("from", "until"):
            found += _wrong_date(name, value, days=days)
        elif not _SYNTAX[name].fullmatch(value):
            found.append(f"'{shown(value)}' is no value for {name}.")
    dates = [given[name] for name in ("from", "until") if name in given]
    if len(dates) == 2 and not found:
        since, until = dates
        if is_day(since) != is_day(until):
            found.append("from and until are of different granularity.")
        elif (read(since) or 0) > (read(until) or 0):
            found.append("from is later than until.")
    return [Error("badArgument", text) for text in found]


def _wrong_date(name: str, value: str, *, days: bool) -> list[str]:
    if read(value) is None:
        return [f"'{shown(value)}' is no date for {name}: YYYY-MM-DD{'' if days else ' or YYYY-MM-DDThh:mm:ssZ'}."]
    if days and not is_day(value):
        return [f"{name} is finer than the granularity of this repository, YYYY-MM-DD."]
    return []


_PART: Final = r"[A-Za-z0-9\-_.!~*'()]+"
_PATH: Final = r"(?:[^%#\[\]:]|%[0-9A-Fa-f]{2})"
_SYNTAX: Final = {
    # what a schema takes for anyURI; anything else could not be told in the answer
    "identifier": re.compile(
        rf"(?:[A-Za-z][A-Za-z0-9+.\-]*:(?!//)|(?:[A-Za-z][A-Za-z0-9+.\-]*:)?//[A-Za-z0-9.\-]*(?::\d{{1,5}})?(?=[/?]|$)|(?!//))"
        rf"(?:{_PATH}*(?:/(?:{_PATH}|:)*|\?(?:{_PATH}|:)*)?|(?<=:)(?:{_PATH}|:)+)", re.DOTALL | re.ASCII,
    ),
    "metadataPrefix": re.compile(_PART, re.ASCII),
    "set": re.compile(rf"{_PART}(?::{_PART})*", re.ASCII),
    "from": re.compile(""),
    "until": re.compile(""),
    "resumptionToken": re.compile(".*", re.DOTALL),
}  # fmt: skip


def shown(text: str) -> str:
    """What was sent, for a message: not all of it, and only what XML can hold."""
    short = text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
    return "".join(char if char.isprintable() and forbidden(char) is None else "\ufffd" for char in short)
