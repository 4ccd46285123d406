"""Requests that no harvester sends: seeded, the same at every run."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING
from urllib.parse import quote_from_bytes, urlencode

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

NAMES = ("verb", "identifier", "metadataPrefix", "from", "until", "set", "resumptionToken")
VERBS = ("Identify", "ListMetadataFormats", "ListSets", "GetRecord", "ListIdentifiers", "ListRecords")
NASTY = (
    "",
    " ",
    "'",
    '"',
    "' OR '1'='1",
    '"; DROP TABLE delivery_rows; --',
    "1; SELECT pg_sleep(10)",
    "%",
    "%%",
    "%00",
    "\x00",
    "\x1b[31m",
    "../../../../etc/passwd",
    "/etc/passwd",
    "file:///etc/passwd",
    "C:\\windows\\win.ini",
    "http://127.0.0.1/",
    "<script>alert(1)</script>",
    "]]>",
    "<![CDATA[",
    "<!DOCTYPE x [<!ENTITY y SYSTEM 'file:///etc/passwd'>]>",
    "&lt;",
    "&x;",
    "&#0;",
    "目録",
    "\U0001f4da",
    "\u202e",
    "\ufeff",
    "\ufffe",
    "\ud800",
    "e\u0301",
    "a" * 300,
    "{x}",
    "${jndi:ldap://x}",
    "{{7*7}}",
    "%s%n",
    "%(x)s",
    "0000-00-00",
    "9999-12-31",
    "99999-01-01",
    "-001-01-01",
    "2026-02-29",
    "2026-01-01T25:00:00Z",
    "2026-01-01T00:00:00.000Z",
    "2026-01-01",
    "2026-01-04",
    "2026-01-03T00:00:12Z",
    "0001-01-01",
    "oai_dc",
    "dcndl",
    "OAI_DC",
    "oai:",
    ":",
    "::",
    "a:b:c",
    "//",
    "//[",
    "#",
    "a#b#c",
    "1:2",
    "http://[::1]/",
    "http://a:port/",
    "a[b]",
    "%zz",
    "a%20b",
    "\r\nSet-Cookie: x=1",
    "material",
    "null",
    "None",
    "true",
    "-1",
    "1e309",
    "None\n",
    "[]",
    "()",
    "*",
    "?",
    "\\",
    "|",
    "^",
    "`",
    "~",
    "http:",
    "http://",
    "x:/",
    "x://",
    "x://a/b:c",
    "?a:b",
    "a?b:c",
)


def hostile(seed: int, good: Sequence[str] = ()) -> Iterator[bytes]:
    """Queries without end. ``good``: values that a repository has (identifiers, tokens, sets), to be bent."""
    chance = Random(seed)  # noqa: S311
    values = [*NASTY, *good, *good, *VERBS]
    while True:
        kind = chance.random()
        if kind < 0.06:
            yield bytes(chance.randrange(256) for _ in range(chance.randrange(80)))
        elif kind < 0.08:
            yield b"&".join([b"verb=Identify"] * chance.randrange(1, 60))
        elif kind < 0.5:
            yield _nearly(chance, values, good)
        else:
            yield _query(chance, values)


def _nearly(chance: Random, values: Sequence[str], good: Sequence[str]) -> bytes:
    """A request as it should be, but for one value."""
    verb = chance.choice(VERBS)
    pairs = {"verb": verb}
    if verb in ("GetRecord", "ListIdentifiers", "ListRecords"):
        pairs["metadataPrefix"] = chance.choice(("oai_dc", "dcndl"))
    if verb == "GetRecord" or (verb == "ListMetadataFormats" and chance.random() < 0.5):
        pairs["identifier"] = chance.choice([*good, "oai:x:1"])
    if verb.startswith("List") and chance.random() < 0.3:
        pairs = {"verb": verb, "resumptionToken": chance.choice([*good, "x"])}
    elif verb in ("ListIdentifiers", "ListRecords"):
        names = chance.sample(("from", "until", "set"), chance.randrange(3))
        pairs |= {name: chance.choice([*good, "2026-01-02", "2026-01-04T00:00:00Z"]) for name in names}
    if chance.random() < 0.6:
        name = chance.choice(list(pairs))
        pairs[name] = _bent(chance, chance.choice(values))
    return urlencode(pairs, errors="surrogatepass").encode()


def _query(chance: Random, values: Sequence[str]) -> bytes:
    pairs = [("verb", chance.choice(VERBS))] if chance.random() < 0.9 else []
    for _ in range(chance.choice((0, 1, 1, 1, 2, 2, 3, 5))):
        name = chance.choice(NAMES[1:]) if chance.random() < 0.93 else chance.choice(values)
        pairs.append((name, _bent(chance, chance.choice(values))))
    if pairs and chance.random() < 0.4:
        pairs.append(("metadataPrefix", chance.choice(("oai_dc", "dcndl"))))
    chance.shuffle(pairs)
    if chance.random() < 0.1:  # unencoded, as careless clients send it
        return "&".join(f"{name}={value}" for name, value in pairs).encode("utf-8", "surrogatepass")
    if chance.random() < 0.1:  # bytes that are no UTF-8
        return b"&".join(
            f"{quote_from_bytes(name.encode('utf-8', 'replace'))}=".encode()
            + quote_from_bytes(bytes(chance.randrange(256) for _ in range(chance.randrange(12)))).encode()
            for name, _ in pairs
        )
    return urlencode(pairs, errors="surrogatepass").encode()


def _bent(chance: Random, value: str) -> str:
    if chance.random() < 0.7 or not value:
        return value
    at = chance.randrange(len(value))
    return value[:at] + chance.choice(("", chr(chance.randrange(0x250)), value[at:] * 2)) + value[at + 1 :]
