"""What can go wrong on the way, as data: an issue, and whether trying again may help."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convert.errors import MokurokuError

if TYPE_CHECKING:
    from convert.check.issue import Issue


class SftpFault(MokurokuError):  # noqa: N818 - what a server or network did
    """``issue`` says what. ``passing``: a fault of the transport, which may be gone the next time."""

    def __init__(self, issue: Issue, *, passing: bool = False) -> None:
        self.issue, self.passing = issue, passing
        super().__init__(f"{issue.at}: {issue.code} {issue.value or ''}".rstrip())
