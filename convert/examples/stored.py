"""A store of an example: ``{store = "…"}``, its records one a line: a JSON object, or an identifier and its XML.

``source``    the name of the source; ``kind`` what it is, where that is not its name
``prefix``    what its records are called in the store
``key``       the member of a record that is its identifier (``id``)
``sets``      the sets of every record
``harvest``   the name of a harvest that came to its end and saw them all; ``gaps``: so many records it could not have
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from convert.examples.files import Kept

if TYPE_CHECKING:
    from collections.abc import Mapping

DAY = "2026-01-05T00:00:00Z"
SEEN = 1767571200
"""The same in seconds since 1970."""


def store(spec: Mapping[str, Any]) -> Kept:
    """The store that a table of ``examples.toml`` describes."""
    return Kept(lambda: _bytes(spec), _shown(spec), "store")


def _shown(spec: Mapping[str, Any]) -> str:
    words = [f"{word}: {spec[word]}" for word in ("source", "prefix", "harvest", "gaps") if word in spec]
    return f"── {', '.join(words)}\n{spec['store']}"


def _bytes(spec: Mapping[str, Any]) -> bytes:
    from convert.harvest.state import save  # noqa: PLC0415 - SQLAlchemy is slow to import
    from convert.store.base import open_store  # noqa: PLC0415
    from convert.store.incoming import Incoming  # noqa: PLC0415
    from convert.store.place import Place  # noqa: PLC0415
    from convert.store.records import put, source_id  # noqa: PLC0415

    sets = tuple(spec.get("sets", ()))
    found = [_record(line, spec.get("key", "id")) for line in spec["store"].splitlines() if line]
    batch = [Incoming(name, DAY, sets, payload=text.encode(), media=media) for name, text, media in found]
    with tempfile.TemporaryDirectory(prefix="mokuroku-example-") as folder:
        place = Path(folder) / "store.db"
        with open_store(Place(str(place)), create=True) as made, made.writing() as connection:
            number = source_id(connection, spec["source"], spec.get("kind", spec["source"]))
            put(connection, number, spec["prefix"], batch, SEEN)
            if "harvest" in spec:
                gaps = [{"records": spec["gaps"]}] if "gaps" in spec else []
                save(connection, number, spec["harvest"], started=SEEN, finished=SEEN, state={"gaps": gaps})
        return place.read_bytes()


def _record(line: str, key: str) -> tuple[str, str, str]:
    """A record's identifier, its payload, and what that is."""
    if line.startswith("{"):
        return json.loads(line)[key], line, "json"
    name, _, text = line.partition(" ")
    return name, text, "xml"
