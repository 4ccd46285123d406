"""What is imported when: heavy libraries only by what needs them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEAVY = ("openpyxl", "rdflib", "xmlschema", "lxml", "jsonschema", "sqlalchemy", "httpx")


def imported(code: str) -> set[str]:
    """The top-level names of all modules after ``code``, in a fresh process."""
    program = f"import sys, json\n{code}\nprint(json.dumps(sorted({{name.partition('.')[0] for name in sys.modules}})))"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True, env={"LC_ALL": "C.UTF-8"}
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize(
    "code",
    [
        "import convert",
        "import convert.cli",
        "import convert.registry as r; r.formats()",
        "import convert; convert.load_mapping('museum/csv-to-japansearch')",
        "import convert; convert.Job('museum/csv-to-japansearch').run('examples/museum.csv', None)",
        "import convert.deliver",
        "import convert.registry as r; r.reporter_named('jsonl')",
    ],
)
def test_heavy_libraries_are_not_imported(code: str) -> None:
    assert not imported(code) & set(HEAVY)


def test_the_library_does_not_import_the_command_line() -> None:
    assert "click" not in imported("import convert; convert.load_mapping('museum/csv-to-japansearch')")


def test_nothing_of_the_tests_tools_is_needed() -> None:
    names = imported("import convert, convert.cli")
    assert not names & {"pytest", "hypothesis", "setuptools", "pip", "pkg_resources"}


def test_formats_are_described_without_their_readers() -> None:
    program = (
        "import sys, convert.registry as r; r.formats()\n"
        "assert not [m for m in sys.modules if m.startswith('convert.formats.') and m.endswith(('.reader', '.target'))]"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)


def test_a_report_is_imported_alone() -> None:
    program = (
        "import sys, convert.registry as r; r.reporter_named('txt')\n"
        "assert 'convert.report.txt' in sys.modules\n"
        "assert not {'convert.report.csv', 'convert.report.jsonl'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)
