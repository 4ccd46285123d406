"""Cases of a mapping: a small input, the output it must give, and what must be reported, no more and no less.

A case is a folder:

``input*``         one source or several, in the order of their names
``expected*``      the output, byte for byte; parts of one output are ``expected-001.jsonl`` …; without one nothing may
                   be written
``issues.jsonl``   what must be reported, an object a line: ``code`` and whatever else matters of ``severity``,
                   ``record``, ``ordinal``, ``file``, ``line``, ``column``, ``cell``, ``field``, ``path``, ``byte``,
                   ``target``, ``value``, ``suggestion``, ``rule``; without the file nothing may be reported
``options.yaml``   ``counts`` (records written, skipped, deleted, rejected, broken), ``exit`` (the exit code), and under
                   ``job`` what the run is given: ``read``, ``write``, ``variables``, ``profile``, ``limit``, ``only``
``mapping.yaml``   the mapping, where the case has one of its own

The cases of ``NAME.yaml`` stand in the folder ``NAME.cases`` beside it.
"""

from __future__ import annotations

from convert.cases.case import FOLDER, Case, cases_of, read_case
from convert.cases.compare import Difference, compare, flat, missing_and_unexpected
from convert.cases.running import Ran, accept, run_case

__all__ = [
    "FOLDER",
    "Case",
    "Difference",
    "Ran",
    "accept",
    "cases_of",
    "compare",
    "flat",
    "missing_and_unexpected",
    "read_case",
    "run_case",
]
