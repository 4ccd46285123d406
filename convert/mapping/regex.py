"""Regular expressions of mappings: what RE2 finds, in linear time whatever the pattern and the value.

Patterns of which it is sure that ``re`` finds the same in as few steps are left to it (``plain_regex``).
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import re2

from convert.mapping.plain_regex import plain

if TYPE_CHECKING:
    from collections.abc import Callable

PATTERN_LIMIT = 1000
MEMO_SIZE, MEMO_LENGTH = 1024, 64
"""How many texts a pattern's answers are remembered for, and how long these are at most."""


def _compile(pattern: str) -> Any:
    options = re2.Options()
    options.log_errors = False
    options.never_capture = True
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
def searcher(pattern: str) -> Callable[[str], object]:
    """A function that says something true of a text in which the pattern is found.

    What RE2 says of short texts is remembered: they come again.
    """
    find = plain(pattern)
    if find is not None:
        return find
    compiled = _compile(pattern)
    known: dict[str, bool] = {}

    def search(value: str) -> bool:
        found = known.get(value)
        if found is None:
            found = compiled.search(value.encode("utf-8", "surrogatepass")) is not None
            if len(value) <= MEMO_LENGTH and len(known) < MEMO_SIZE:
                known[value] = found
        return found

    return search
