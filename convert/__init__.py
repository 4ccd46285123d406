"""mokuroku (目録): convert and validate metadata for Japan's national aggregators.

::

    import convert

    report = convert.Job("museum/csv-to-japansearch").run("museum.csv", "items.jsonl", reports=["qa.json"])
    print(report.summary(lang="ja"))
    raise SystemExit(report.exit_code)
"""

from convert.api import convert, read
from convert.check.issue import Finding, Issue, Severity
from convert.errors import MappingError, MokurokuError, OptionError, PathError, RunError, UnknownName, UsageError
from convert.mapping.load import load_mapping
from convert.mapping.model import Mapping
from convert.model import Location, Mapped, Outcome, Record, Text
from convert.report.report import Report
from convert.run.checking import check
from convert.run.flow import Result
from convert.run.job import Interrupted, Job

__all__ = [
    "Finding",
    "Interrupted",
    "Issue",
    "Job",
    "Location",
    "Mapped",
    "Mapping",
    "MappingError",
    "MokurokuError",
    "OptionError",
    "Outcome",
    "PathError",
    "Record",
    "Report",
    "Result",
    "RunError",
    "Severity",
    "Text",
    "UnknownName",
    "UsageError",
    "check",
    "convert",
    "load_mapping",
    "read",
]
