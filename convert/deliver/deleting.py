"""How a format's file says that a record is gone, for records of which nothing but their id is left."""

from __future__ import annotations

import importlib
import re
from typing import TYPE_CHECKING, Any

from convert.formats.base import Deleting, parse_options
from convert.formats.dcndl.writer import oai_header

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from convert.deliver.forms import Form

    Teller = Callable[[str], bytes | None]

_DAY = re.compile(rb"<(?:[^\s<>/:]+:)?datestamp>\s*\d{4}-\d\d-\d\d\s*<")


def teller(form: Form, options: Mapping[str, Any], example: bytes, now: datetime) -> Teller:
    """What tells that the record with an id is gone, ready to stand between records; it answers None where the format
    cannot. ``options``: reader's and target's; ``example``: a record of the file it goes into.
    """
    if form.deletes is None:
        return lambda _: None
    module, _, name = form.deletes.partition(":")
    made: Teller = getattr(importlib.import_module(module), name)(form, options, example, now)
    return made


def by_target(form: Form, options: Mapping[str, Any], example: bytes, now: datetime) -> Teller:
    """What the format's target writes for a record that is gone."""
    known = {option.name for option in form.format.write_options}
    given = parse_options(form.format.write_options, {k: v for k, v in options.items() if k in known and v is not None})
    target = form.format.load_target()(given, [], base=None)
    return target.deletion if isinstance(target, Deleting) else lambda _: None


def by_oai_header(form: Form, options: Mapping[str, Any], example: bytes, now: datetime) -> Teller:
    """The header of OAI-PMH with the status deleted, as the target of DC-NDL writes it, for the identifiers by which
    records were known.
    """
    parse_options(form.format.write_options, {key: options[key] for key in ("datestamp",) if options.get(key)})
    day = _DAY.search(example) is not None
    stamp = str(options.get("datestamp") or now.strftime("%Y-%m-%d" if day else "%Y-%m-%dT%H:%M:%SZ"))
    is_answer = example.startswith(b"<record")

    def tell(identifier: str) -> bytes | None:
        if not is_answer or not identifier.startswith("oai:"):
            return None
        return f"\n<record>{oai_header(identifier, stamp, deleted=True)}</record>".encode()

    return tell
