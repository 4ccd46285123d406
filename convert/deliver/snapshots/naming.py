"""Names by which harvesters know records and sets: identifiers (OAI-PMH 2.0 §2.4) and setSpecs (§2.6)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from convert.deliver.strata import texts
from convert.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from convert.formats.base import Selector

LONGEST: Final = 1000
"""Characters of an identifier or setSpec."""
_LOCAL: Final = "-_.!~*'();/?:@&=+$,"
"""What stands in an identifier of the form oai:DOMAIN:LOCAL as it is, beside letters and digits."""
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:")
_DOMAIN = re.compile(r"[A-Za-z][A-Za-z0-9\-]*(\.[A-Za-z][A-Za-z0-9\-]*)+", re.ASCII)
_NAMED = re.compile(r"([A-Za-z0-9_-]+)=(.+)", re.ASCII | re.DOTALL)
_SPEC_FORBIDS = re.compile(r"[^A-Za-z0-9\-_.!*'()]", re.ASCII)


def check_domain(domain: str) -> str:
    """The domain of identifiers. Raises :class:`OptionError` for what the oai-identifier guideline has not."""
    if not _DOMAIN.fullmatch(domain) or len(domain) > 253:
        en = "expects a domain name such as opac.example.jp"
        raise OptionError("--domain", domain, en, "opac.example.jp のようなドメイン名を書いてください")
    return domain


def identifier_of(name: str, domain: str | None) -> str | None:
    """The identifier of a record that is known by a name: an address, an identifier of OAI-PMH, a number.

    With a domain it is ``oai:DOMAIN:LOCAL``, LOCAL being the last part of an address; without, the address itself. None
    where that cannot be: a name that is no address needs a domain, and 1,000 characters are the most.

    >>> identifier_of("https://opac.example.jp/bib/B1#material", "opac.example.jp")
    'oai:opac.example.jp:B1'
    >>> identifier_of("https://opac.example.jp/bib/B1#material", None)
    'https://opac.example.jp/bib/B1'
    >>> identifier_of("B 1", "opac.example.jp"), identifier_of("B1", None)
    ('oai:opac.example.jp:B%201', None)
    """
    if name.startswith("oai:"):
        made = _quoted(name)
    elif domain is None:
        address = name.partition("#")[0]
        made = _quoted(address) if _SCHEME.match(address) else ""
    else:
        local = name
        if "://" in name:
            address = name.partition("#")[0].rstrip("/")
            local = address.rpartition("/")[2]
        made = f"oai:{domain}:{_escaped(local)}" if local else ""
    return made if made and len(made) <= LONGEST else None


def _escaped(local: str) -> str:
    return quote(local, safe=_LOCAL, errors="replace")


def _quoted(address: str) -> str:
    """An address with everything encoded that no URI has; what is encoded stays so."""
    whole = re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", address)
    return quote(whole, safe=_LOCAL + "%#", errors="replace")


# ── Sets ─────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class SetRule:
    """Where the sets of a record come from: a path of the format, below a set of its own or not."""

    path: str
    above: str | None = None

    @classmethod
    def parse(cls, text: str) -> SetRule:
        """``PATH`` or ``NAME=PATH``. Raises :class:`OptionError`."""
        found = _NAMED.fullmatch(text)
        if found:
            return cls(found[2], found[1])
        if not text.strip():
            raise OptionError("--set", text, "expects PATH or NAME=PATH", "PATH か NAME=PATH の形で書いてください")
        return cls(text)

    def __str__(self) -> str:
        return self.path if self.above is None else f"{self.above}={self.path}"


def part_of(value: str) -> str:
    """A value as a part of a setSpec; of an address the last part. Other characters become ``~`` and their bytes.

    >>> part_of("http://ndl.go.jp/ndltype/Book"), part_of("図書")
    ('Book', '~E5~9B~B3~E6~9B~B8')
    """
    last = value.rstrip("/#").rpartition("#" if "#" in value else "/")[2] if "://" in value else value
    return _SPEC_FORBIDS.sub(lambda one: "".join(f"~{byte:02X}" for byte in one[0].encode("utf-8", "replace")), last)


def sets_of(rules: Sequence[SetRule], paths: Sequence[Sequence[Selector]], body: Any) -> dict[str, str]:
    """The sets of a record: setSpec and name. ``paths``: of every rule those that the file has."""
    found: dict[str, str] = {}
    for rule, some in zip(rules, paths, strict=True):
        for path in some:
            for value in texts(path, body):
                spec = part_of(value)
                whole = spec if rule.above is None else f"{rule.above}:{spec}"
                if spec and len(whole) <= LONGEST:
                    found.setdefault(whole, value)
    return found


def lineage(spec: str) -> Iterator[str]:
    """A set and those above it.

    >>> list(lineage("a:b:c"))
    ['a', 'a:b', 'a:b:c']
    """
    parts = spec.split(":")
    for count in range(1, len(parts) + 1):
        yield ":".join(parts[:count])
