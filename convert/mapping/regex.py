"""Regular expressions of mappings, by RE2: linear time whatever the pattern and the value."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import re2

if TYPE_CHECKING:
    from collections.abc import Callable

PATTERN_LIMIT = 1000
MEMO_SIZE, MEMO_LENGTH = 1024, 64
"""How many texts a pattern's answers are remembered for, and how long these are at most."""


def _compile(pattern: str) -> Any:
    options = re2.Options()
    options.log_errors = False
    return re2.compile(pattern, options=options)


def regex_problem(pattern: str) -> str | None:
    """What is wrong with a pattern, or None. RE2 has no look-around and no back-references."""
    if len(pattern) > PATTERN_LIMIT:
        return f"longer than {PATTERN_LIMIT} characters"
    try:
        _compile(pattern)
    except re2.error as error:
        reason = error.args[0] if error.args else b""
        return reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
    return None


@lru_cache(maxsize=256)
def searcher(pattern: str) -> Callable[[str], bool]:
    """A function that tells whether the pattern is found in a text. Short texts come again and are remembered."""
    compiled = _compile(pattern)
    known: dict[str, bool] = {}

    def search(value: str) -> bool:
        found = known.get(value)
        if found is None:
            found = compiled.search(value) is not None
            if len(value) <= MEMO_LENGTH and len(known) < MEMO_SIZE:
                known[value] = found
        return found

    return search
