"""Regular expressions of mappings, by RE2: linear time whatever the pattern and the value."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import re2

if TYPE_CHECKING:
    from collections.abc import Callable

PATTERN_LIMIT = 1000


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
    """A function that tells whether the pattern is found in a text."""
    compiled = _compile(pattern)
    return lambda value: compiled.search(value) is not None
