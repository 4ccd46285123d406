"""A record as the checks of files see it: its values, and its elements once somebody asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from convert.check.issue import Finding
from convert.formats.dcndl.reading import RECORD, node_of

if TYPE_CHECKING:
    from convert.formats.dcndl.path import Body, Origin


@dataclass(frozen=True, slots=True)
class Found(Finding):
    """A finding with the element it is about; ``attribute`` names one of it."""

    element: Any = None
    attribute: str = ""


class View:
    """The values (``body``) and the nodes of one record."""

    __slots__ = ("_nodes", "body", "origin")

    def __init__(self, body: Body) -> None:
        self.body = body
        self.origin: Origin = body.origin
        self._nodes: list[Any] | None = None

    @property
    def data(self) -> bytes:
        """The text the record was read from; others may be in it."""
        return self.origin.piece.data

    @property
    def nodes(self) -> list[Any]:
        """The nodes of the record, in the order of the file; read when first asked for."""
        if self._nodes is None:
            self._nodes = self.origin.nodes()
        return self._nodes

    def node(self, kind: str) -> Any:
        """The first node of a kind (admin, bib, item), those that stand in others' links too; None where none is."""
        waiting = list(self.nodes)
        while waiting:
            node = waiting.pop(0)
            if node_of(node) == kind:
                return node
            waiting[:0] = [child[0] for child in node.iterchildren(RECORD) if len(child)]
        return None
