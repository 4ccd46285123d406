"""The delivery log: what was made, sent, loaded and answered, one line of JSON each, in a file beside the packages.

A plain file rather than a store: it needs no extra, is read with any editor, and goes where the packages go. Lines are
only ever added, each in one write under a lock, so that several runs may share it. :func:`record` is the one call by
which anything is put down.
"""

from __future__ import annotations

from convert.deliver.log.entries import EVENTS, KINDS, VERSION, Entry
from convert.deliver.log.file import NAME, DeliveryLog, log_at, record
from convert.deliver.log.procedure import Step, next_step

__all__ = ["EVENTS", "KINDS", "NAME", "VERSION", "DeliveryLog", "Entry", "Step", "log_at", "next_step", "record"]
