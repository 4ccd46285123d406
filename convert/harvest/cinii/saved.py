"""Put answers that were saved as files into a store, as a harvest would have. Nothing is asked."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from convert.errors import UsageError, reason_in_japanese
from convert.harvest.cinii.answer import AnswerError, read_answer
from convert.harvest.cinii.client import CiniiFault, look_at
from convert.harvest.cinii.keeping import HoldingsOutcome, settle, stored_form
from convert.harvest.cinii.query import check_ncid, check_parameters, prefix_of
from convert.store.base import now as clock
from convert.store.lock import alone
from convert.store.records import put, source_id

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from convert.harvest.cinii.answer import Answer
    from convert.store.base import Store

LARGEST: Final = 32 * 2**20
"""Bytes of a file."""


def keep_saved(store: Store, source: str, files: Iterable[Path]) -> HoldingsOutcome:
    """Keep the answers in ``files``, each in a transaction of its own; a file that is none is told and left out."""
    outcome, begun = HoldingsOutcome(source), time.monotonic()
    with alone(store, source):
        for path in files:
            outcome.wanted += 1
            try:
                ncid, answer, parameters = _read(path)
            except CiniiFault as fault:
                outcome.gaps += 1
                outcome.tell("HRV-CINII-FILE", value=str(path), reason=fault.detail, reason_ja=fault.ja)
                continue
            settle(answer, ncid, outcome)
            with store.writing() as connection:
                number = source_id(connection, source, "cinii")
                record = stored_form(ncid, answer, parameters)
                outcome.counts.add(put(connection, number, prefix_of(parameters), [record], clock()))
            outcome.holdings += len(answer.libraries)
            outcome.none += not answer.libraries
    outcome.complete = True
    outcome.seconds = time.monotonic() - begun
    return outcome


def _read(path: Path) -> tuple[str, Answer, dict[str, str]]:
    """The NCID that a file is about, the answer and what was asked beside it. Raises :class:`CiniiFault`."""
    try:
        with path.open("rb") as stream:
            data = stream.read(LARGEST + 1)
        if len(data) > LARGEST:
            raise CiniiFault("too-large", f"larger than {LARGEST:,} bytes", ja=f"{LARGEST:,} バイトより大きい")
        answer = read_answer(data)
        look_at(answer, None)
        if answer.ncid is None:
            ja = "どの NCID についての応答か分かりません"
            raise CiniiFault("other", "it does not say which NCID it is about", ja=ja)
        return check_ncid(answer.ncid), answer, check_parameters(answer.parameters)
    except OSError as error:
        raise CiniiFault("unreadable", error.strerror or str(error), ja=reason_in_japanese(error)) from error
    except AnswerError as error:
        raise CiniiFault.of(error.kind, error.detail) from error
    except UsageError as error:
        raise CiniiFault("other", str(error), ja=error.ja or str(error)) from error
