"""Files of layouts that no table describes: every dimension drawn at random, for the kit to find out."""

from __future__ import annotations

import random
from dataclasses import dataclass

WORDS = ("架空町史", "見本叢書", "例示の歴史", "資料集成", "架空太郎", "見本花子", "カクウチョウシ", "2001.2", "213.9")
CODECS = {"cp932": "cp932", "euc_jp": "euc_jp", "utf-8": "utf-8", "iso2022jp": "iso2022_jp"}
RECORDS = 80


@dataclass(frozen=True, slots=True)
class Strange:
    """A layout by its dimensions. ``cut``: how fields are found; ``subs``: how subfields begin."""

    charset: str
    ends: str
    newline: bytes
    label: int
    cut: str
    tag: int
    subs: str
    plain_first: bool


def strange(seed: int) -> tuple[Strange, bytes]:
    """A layout and a file of it."""
    pick = random.Random(seed)  # noqa: S311
    ends = pick.choice(("length", "terminator", "lines"))
    cut = pick.choice(("marks", "lengths") if ends == "lines" else ("marks", "lengths", "directory"))
    label = max(pick.choice((0, 10, 24, 30)), 10 if ends == "length" else 0, 24 if cut == "directory" else 0)
    made = Strange(
        pick.choice(sorted(CODECS)),
        ends,
        b"\r\n" if ends == "lines" else pick.choice((b"", b"\r\n", b"\n")),
        label,
        cut,
        pick.choice((2, 3)),
        pick.choice(("none", "marked", "measured")),
        pick.random() < 0.5,
    )
    tags = [str(tag).zfill(made.tag) for tag in sorted(pick.sample(range(1, 10**made.tag - 1), 7))]
    return made, b"".join(_record(made, tags, number, pick) for number in range(1, RECORDS))


def _record(made: Strange, tags: list[str], number: int, pick: random.Random) -> bytes:
    """One record: a field with its number, and most of the others."""
    fields = [(tags[0], _first(made, number))]
    fields += [(tag, _field(made, pick)) for tag in tags[1:] if pick.random() < 0.8]
    mark = b"\t" if made.ends == "lines" else b"\x1e"
    directory = b""
    if made.cut == "directory":
        at = 0
        for tag, data in fields:
            directory += tag.encode() + b"%04d%05d" % (len(data) + 1, at)
            at += len(data) + 1
        directory += mark
        body = b"".join(data + mark for _, data in fields)
    elif made.cut == "marks":
        body = b"".join(tag.encode() + data + mark for tag, data in fields)
    else:
        body = b"".join(tag.encode() + b"%05d" % len(data) + data for tag, data in fields)
    end = b"" if made.ends == "lines" else b"\x1d"
    head = b"%06d" % (made.label + len(directory) + len(body) + len(end)) if made.ends == "length" else b""
    head += pick.choice((b"N", b"N", b"C", b"D"))
    if made.cut == "directory":
        head += b"%06d" % (made.label + len(directory))
    return head.ljust(made.label)[: made.label] + directory + body + end + made.newline


def _first(made: Strange, number: int) -> bytes:
    data = b"%010d" % number
    return data if made.plain_first or made.subs == "none" else _sub(made, "a", data)


def _field(made: Strange, pick: random.Random) -> bytes:
    count = 1 if made.subs == "none" else pick.randint(1, 3)
    texts = ["".join(pick.choices(WORDS, k=pick.randint(1, 3))) + str(pick.randint(1, 999)) for _ in range(count)]
    data = [text.encode(CODECS[made.charset]) for text in texts]
    return data[0] if made.subs == "none" else b"".join(map(_sub, [made] * count, "abc", data))


def _sub(made: Strange, name: str, data: bytes) -> bytes:
    return b"\x1f" + name.encode() + (b"%04d" % len(data) if made.subs == "measured" else b"") + data
