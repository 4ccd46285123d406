"""Images beside a store, as files named by their SHA-256: one image that several records share is kept once."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from convert.errors import UsageError
from convert.store.tables import images

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from convert.store.base import Store

SUFFIX: Final = ".files"
"""What follows the name of a SQLite file in that of its folder of images."""
_KINDS: Final = (
    (b"\xff\xd8\xff", "image/jpeg", ".jpg"),
    (b"\x89PNG\r\n\x1a\n", "image/png", ".png"),
    (b"GIF87a", "image/gif", ".gif"),
    (b"GIF89a", "image/gif", ".gif"),
    (b"II*\x00", "image/tiff", ".tif"),
    (b"MM\x00*", "image/tiff", ".tif"),
)


@dataclass(frozen=True, slots=True)
class Image:
    """An image that is kept. ``name`` is the last part of its address (``9784000000000.in01.jpg``)."""

    identifier: str
    name: str
    address: str
    media: str
    bytes: int
    sha256: str


def kind_of(data: bytes) -> tuple[str, str] | None:
    r"""The media type and suffix of an image by its first bytes; None when it is none.

    >>> kind_of(b"\xff\xd8\xff\xe0"), kind_of(b"<html>")
    (('image/jpeg', '.jpg'), None)
    """
    return next(((media, suffix) for magic, media, suffix in _KINDS if data.startswith(magic)), None)


def folder_of(store: Store, folder: Path | None = None) -> Path:
    """Where the images of a store are. A PostgreSQL store needs ``folder``; raises :class:`UsageError` without it."""
    if folder is not None:
        return folder
    if not store.place.is_file:
        raise UsageError(
            "images of a PostgreSQL store need a folder",
            "PostgreSQL のストアでは、画像を置くフォルダの指定が要ります。",
        )
    return Path(store.place.text + SUFFIX)


def path_of(folder: Path, sha256: str, suffix: str) -> Path:
    """The file of an image."""
    return folder / sha256[:2] / f"{sha256}{suffix}"


def keep(
    connection: Connection, folder: Path, source: int, *, identifier: str, address: str, data: bytes, at: int
) -> Image | None:
    """Keep an image, in the transaction that notes it; None when the data are no image.

    The file appears by rename and is never half there.
    """
    kind = kind_of(data)
    if kind is None:
        return None
    media, suffix = kind
    made = Image(identifier, address.rpartition("/")[2], address, media, len(data), hashlib.sha256(data).hexdigest())
    place = path_of(folder, made.sha256, suffix)
    if not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        part = folder / f"{made.sha256}.{os.getpid()}.part"
        try:
            part.write_bytes(data)
            part.replace(place)
        finally:
            part.unlink(missing_ok=True)
    values = {"address": address, "media": media, "bytes": made.bytes, "sha256": made.sha256, "fetched": at}
    mine = (images.c.source == source) & (images.c.identifier == identifier) & (images.c.name == made.name)
    if connection.execute(images.update().where(mine).values(values)).rowcount == 0:
        connection.execute(images.insert().values(source=source, identifier=identifier, name=made.name, **values))
    return made


def sweep(folder: Path) -> None:
    """Remove what processes that were killed had half written."""
    for part in folder.glob("*.part"):
        number = part.name.split(".")[-2]
        if number.isdigit() and not _runs(int(number)):
            part.unlink(missing_ok=True)


def _runs(number: int) -> bool:
    """Whether a process of this machine runs; where that cannot be asked it may."""
    if os.name != "posix":
        return True
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True


def kept(connection: Connection, source: int, identifier: str) -> list[Image]:
    """The images of a record."""
    columns = [images.c[name] for name in ("identifier", "name", "address", "media", "bytes", "sha256")]
    query = select(*columns).where(images.c.source == source, images.c.identifier == identifier)
    return [Image(*row) for row in connection.execute(query.order_by(images.c.name))]
