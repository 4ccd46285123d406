"""Write YAML by hand: flow tables on one line, scalars quoted only where they must be."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from convert.mapping.nodes import UNFIT

_WORD: Final = r"0-9A-Za-z_\u3005\u3041-\u309f\u30a1-\u30fe\u3400-\u9fff\uff10-\uff19\uff21-\uff3a\uff41-\uff5a"
_PLAIN: Final = re.compile(
    f"[{_WORD}/.](?:[{_WORD}/.・（）＋～〜()+;%^$=-]|[ :](?=[{_WORD}（(])(?<![: ])|(?<=[{_WORD}])#)*"
)
_NOT_TEXT: Final = re.compile(r"~|null|", re.IGNORECASE)
_BREAKS: Final = re.compile("[\n\r\t\x85\u2028\u2029\ufeff]")


def scalar(text: str) -> str:
    """A text as a YAML scalar that the mapping reader gives back unchanged.

    >>> scalar("資料名"), scalar("#3"), scalar("a: b"), scalar("it's"), scalar("null")
    ('資料名', "'#3'", "'a: b'", "'it''s'", "'null'")
    """
    if _PLAIN.fullmatch(text) and ": " not in text and " #" not in text and not _NOT_TEXT.fullmatch(text):
        return text
    if _BREAKS.search(text) or UNFIT.search(text):
        return json.dumps(text, ensure_ascii=True)
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
    return scalar(value if isinstance(value, str) else "true" if value is True else str(value))


def comment(text: str) -> str:
    """A text fit for one line of comment.

    >>> comment("a\\nb")
    'a⏎b'
    """
    return UNFIT.sub("�", _BREAKS.sub("⏎", text.replace("\\r\\n", "\\n")))
