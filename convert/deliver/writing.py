"""Write planned packages, look at them again, and let them appear all at once."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from convert.deliver.examine import Examined, contents
from convert.deliver.manifest import finished
from convert.deliver.zipping import Measure, Wanted, blocks_of, verify_zip, write_zip
from convert.errors import RunError, SourceFault, reason_in_japanese
from convert.resources import shown
from convert.run.output import temporary

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from convert.deliver.names import MemberName, PackageName
    from convert.deliver.splitting import Piece


@dataclass(frozen=True, slots=True)
class Planned:
    """One package that will be written."""

    name: PackageName
    members: tuple[tuple[MemberName, Piece, Examined], ...]
    manifest: dict[str, Any]

    @property
    def wanted(self) -> list[Wanted]:
        """What its members must be."""
        return [Wanted(name.file, piece.size, piece.sha256) for name, piece, _ in self.members]


def write(folder: Path, planned: Sequence[Planned], day: date) -> None:
    """Write all packages under other names, then let them appear."""
    parts: list[tuple[Path, Path]] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        streams = _streams(planned)
        for one in planned:
            parts += _package(folder, one, day, streams)
        _appear(parts)
    except SourceFault as fault:
        raise RunError(
            f"{fault.issue.at}: its source changed while the package was written",
            f"{fault.issue.at}：パッケージを書いている間に、もとのファイルが変わりました",
        ) from fault
    except OSError as error:
        ja = f"{shown(folder)}：{reason_in_japanese(error)}"
        raise RunError(f"{shown(folder)}: {error.strerror or error}", ja) from error
    finally:
        for one in planned:
            for file in (one.name.file, one.name.manifest):
                with contextlib.suppress(OSError):
                    temporary(folder / file).unlink(missing_ok=True)


def _streams(planned: Sequence[Planned]) -> Iterator[Iterable[bytes]]:
    """The bytes of all members, in order; each file is opened once."""
    last: Examined | None = None
    for one in planned:
        for _, _, source in one.members:
            if source is not last:
                yield from contents(source)
                last = source


def _package(
    folder: Path, one: Planned, day: date, streams: Iterator[Iterable[bytes]]
) -> list[tuple[Path, Path]]:  # fmt: skip
    """Write one package and its manifest; where they are, and where they go."""
    archive, note = folder / one.name.file, folder / one.name.manifest
    part = temporary(archive)
    write_zip(part, ((wanted, next(streams, ())) for wanted in one.wanted), day)
    verify_zip(part, one.wanted)
    measure = Measure()
    with part.open("rb+") as stream:
        for data in blocks_of(stream):
            measure.add(data)
        os.fsync(stream.fileno())
    temporary(note).write_bytes(finished(one.manifest, measure.size, measure.sha256, datetime.now(UTC)))
    return [(part, archive), (temporary(note), note)]


def _appear(parts: Sequence[tuple[Path, Path]]) -> None:
    """Give all files their names, or none of them; no file of another run is replaced."""
    done: list[Path] = []
    try:
        for part, place in parts:
            _place(part, place)
            done.append(place)
    except BaseException:
        for place in done:
            with contextlib.suppress(OSError):
                place.unlink()
        raise


def _place(part: Path, place: Path) -> None:
    """Rename, but never over a file that came in between."""
    try:
        os.link(part, place)
    except FileExistsError as error:
        raise RunError(
            f"{shown(place)} appeared while the package was written, perhaps by another run; run again",
            f"書いている間に {shown(place)} ができました。別の処理が動いているかもしれません。もう一度実行してください",
        ) from error
    except OSError:  # a file system without links
        if place.exists():
            raise
        part.rename(place)
    else:
        part.unlink()
