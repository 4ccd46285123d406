"""Write YAML by hand: flow tables on one line, scalars quoted only where they must be."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from convert.mapping.nodes import UNFIT

_WORD: Final = r"0-9A-Za-z_\u3005\u3041-\u309f\u30a1-\u30fe\u3400-\u9fff\uff10-\uff19\uff21-\uff3a\uff41-\uff5a"
_PLAIN: Final = re.compile(f"[{_WORD}/○◯×](?:[{_WORD}/.・（）＋～〜()+;%^$=-]| (?=[{_WORD}（(])|(?<=[{_WORD}])#)*")
_NO_TEXT: Final = re.compile(
    r"null|true|false|yes|no|on|off|y|n|[0-9][0-9_]*(?:\.[0-9_]*)?(?:[eE][+-]?[0-9]+)?|0[xob][0-9A-Fa-f_]+"
    r"|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}.*",
    re.IGNORECASE,
)
"""What other readers of YAML take for something else than text: the mapping reader does not, but editors do."""
_BREAKS: Final = re.compile("[\n\r\t\x85\u2028\u2029\ufeff]")
_ESCAPED: Final = re.compile(f'{_BREAKS.pattern}|{UNFIT.pattern}|["\\\\]')


def _escape(found: re.Match[str]) -> str:
    names = {"\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "\\": "\\\\"}
    return names.get(found[0], f"\\u{ord(found[0]):04x}")


def scalar(text: str) -> str:
    """A text as a YAML scalar that the mapping reader gives back unchanged.

    >>> scalar("資料名"), scalar("#3"), scalar("a: b"), scalar("it's"), scalar("null")
    ('資料名', "'#3'", "'a: b'", "'it''s'", "'null'")
    """
    if _PLAIN.fullmatch(text) and not _NO_TEXT.fullmatch(text):
        return text
    if _BREAKS.search(text) or UNFIT.search(text):
        return '"' + _ESCAPED.sub(_escape, text) + '"'
    return "'" + text.replace("'", "''") + "'"


def flow(value: Any) -> str:
    """A text, list or table on one line.

    >>> flow({"from": "作者", "split": ";", "do": ["safe", {"lookup": "rights"}]})
    "{from: 作者, split: ';', do: [safe, {lookup: rights}]}"
    """
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{scalar(str(key))}: {flow(member)}" for key, member in value.items()) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(flow(member) for member in value) + "]"
    return "true" if value is True else scalar(str(value))


def comment(text: str) -> str:
    r"""A text fit for one line of comment.

    >>> comment("a\nb")
    'a⏎b'
    """
    return UNFIT.sub("\ufffd", _BREAKS.sub("⏎", text.replace("\r\n", "\n")))
