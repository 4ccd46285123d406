"""A harvester of another maker (oaipmh-scythe) that keeps a copy of a repository, and says what it went through."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

OAI = "{http://www.openarchives.org/OAI/2.0/}"
TITLE = "{http://purl.org/dc/terms/}title"


@dataclass
class Copy:
    """What a harvester has. ``have``: title by identifier; ``between`` is called after every page of a list."""

    address: str
    between: Callable[[int], None] = lambda _: None
    have: dict[str, str] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    since: str | None = None
    lists: int = 0
    pages: int = 0
    records: int = 0

    def harvest(self) -> bool:
        """One list, of what came since the last one began; whether there was anything. Nothing may come twice in it."""
        import oaipmh_scythe
        from oaipmh_scythe.exceptions import NoRecordsMatch
        from oaipmh_scythe.iterator import OAIResponseIterator

        seen: set[str] = set()
        began, size = None, None
        with oaipmh_scythe.Scythe(self.address, iterator=OAIResponseIterator) as scythe:
            try:
                for page in scythe.list_records(from_=self.since, metadata_prefix="dcndl"):
                    root: Any = page.xml
                    began = began or root.findtext(f"{OAI}responseDate")
                    token = root.find(f".//{OAI}resumptionToken")
                    if token is not None:
                        assert int(token.get("cursor")) == len(seen)
                        assert size in (None, token.get("completeListSize"))
                        size = token.get("completeListSize")
                    self._take(root, seen)
                    self.pages += 1
                    self.between(self.pages)
            except NoRecordsMatch:
                return False
        assert size is None or int(size) == len(seen)
        self.lists += 1
        self.since = began
        return True

    def _take(self, root: Any, seen: set[str]) -> None:
        records = root.findall(f".//{OAI}record")
        assert records
        for record in records:
            name = record.findtext(f"{OAI}header/{OAI}identifier")
            assert name not in seen, f"{name} came twice"
            seen.add(name)
            self.records += 1
            if record[0].get("status") == "deleted":
                self.have.pop(name, None)
                self.gone.add(name)
            else:
                self.have[name] = next(record.iter(TITLE)).text
