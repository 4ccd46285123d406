"""The seam of further checks: a mapping names them under ``checks:``, a package offers them as plug-ins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from convert.check.issue import Finding, Issue
    from convert.model import Mapped, Record


class Check(Protocol):
    """Looks at every written record, and once at the end at the whole delivery.

    A check is made anew for every shard. What it wants to know at the end it keeps in ``state``, which must
    be picklable; ``finish`` sees the states of all shards in order.
    """

    def record(self, record: Record, mapped: Mapped, document: Any) -> Iterable[Finding]:
        """Findings about one record; a finding's ``target`` is a target name of the mapping."""
        ...

    def state(self) -> Any:
        """What the end needs of this shard."""
        ...

    @classmethod
    def finish(cls, states: Sequence[Any]) -> Iterable[Issue]:
        """Issues of the whole delivery."""
        ...
