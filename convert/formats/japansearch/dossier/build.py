"""Make the dossier of a mapping and the files it wrote."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from convert.check.duplicates import IdSpool, find
from convert.check.issue import Issue, Severity
from convert.errors import MappingError, UsageError
from convert.formats.japansearch import definition as definitions
from convert.formats.japansearch.definition import Definition
from convert.formats.japansearch.dossier.counting import Survey
from convert.formats.japansearch.dossier.definition import Places, as_text, at, checklist
from convert.formats.japansearch.dossier.files import LIMIT, look_at
from convert.formats.japansearch.dossier.holders import holder_issues, holders_of
from convert.formats.japansearch.dossier.layout import LabelLayout, label_issues, wanted
from convert.formats.japansearch.dossier.model import Dossier
from convert.formats.japansearch.dossier.rights import codes_of, group_counts
from convert.mapping.load import Overrides, inspect_mapping, make_target
from convert.messages.catalogue import catalogue
from convert.report.tally import Tally
from convert.resources import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from convert.mapping.model import Mapping as MappingTable

FORMAT = "japansearch"
DEFINITION = "-DB-"
"""In the codes about the database definition: the dossier tells them where a conversion would stop."""


def make_dossier(
    mapping: str | Path,
    files: Sequence[str | Path],
    *,
    read: Mapping[str, str] | None = None,
    write: Mapping[str, Any] | None = None,
    variables: Mapping[str, str] | None = None,
    samples: int = 20,
    progress: Callable[[int], None] | None = None,
    limit: int = LIMIT,
) -> Dossier:
    """Everything that is needed to register ``files``, which ``mapping`` wrote.

    ``read``: reader options for the files (``encoding``); ``write``, ``variables``: as for the conversion; ``limit``:
    bytes that may be uploaded. Faults of the files and of the definition are in ``tally``. Raises
    :class:`MappingError` for a mapping with other faults, :class:`UsageError` when a file is missing.
    """
    table = _load(mapping, Overrides(write=write or {}, variables=variables or {}))
    option = table.target_options.get("database")
    whole, missing = definitions.read(option, table.base)
    places = Places(option, table.base, table.at)
    fields, loose = checklist(whole, places)
    absent = [Issue(f.code, table.at, slots=f.slots, suggestion=f.suggestion) for f in missing]
    definition = Definition() if whole is None else definitions.build(whole)
    database: Mapping[str, Any] = {} if whole is None else whole["database"]
    tally = Tally(samples=samples)
    tally.add([*absent, *loose, *(issue for field in fields for issue in field.issues)])
    layout = _layout(table, definition)
    with tempfile.TemporaryDirectory(prefix="mokuroku-") as folder, IdSpool(Path(folder)) as ids:
        survey = Survey(definition, tally, ids)
        seen = look_at(files, survey, layout, read=read or {}, progress=progress, limit=limit)
        ids.close()
        duplicates = sum(len(tally.add([issue])) for issue in find([(ids.path, 0, 0)]))
    columns = layout.columns(seen.headers, survey.keys)
    labels = wanted(columns, definition)
    tally.add(label_issues(labels, table.at))
    holders = holders_of(survey, definition, as_text(at(database, "providerUrl")))
    tally.add(holder_issues(holders, definition, places.of("provider")))
    rights = codes_of("contentsRightsType", survey.rights)
    return Dossier(
        mapping=table.id,
        mapping_file=shown(table.file) if table.file is not None else "",
        definition_file=places.name,
        database=definition.id,
        owner=str(definition.inherited.get("ownerOrg") or ""),
        fields=fields,
        definition_issues=(*absent, *loose),
        columns=columns,
        wanted=labels,
        rights=rights,
        groups=group_counts(rights),
        access=codes_of("contentsAccess", survey.access),
        contradictions=survey.contradictions,
        holders=holders,
        no_holder=survey.holders.none,
        other_holders=survey.holders.other,
        duplicates=duplicates,
        uploads=seen.uploads,
        records=seen.records,
        broken=seen.broken,
        complete=seen.complete,
        tally=tally,
    )


def _load(name: str | Path, overrides: Overrides) -> MappingTable:
    """The mapping, whatever is wrong with its database definition."""
    loaded = inspect_mapping(name, overrides=overrides)
    words = catalogue()
    bad = [issue for issue in loaded.issues if words.severity(issue) >= Severity.ERROR]
    table = loaded.as_read
    if table is None or any(DEFINITION not in issue.code for issue in bad):
        raise MappingError(loaded.issues)
    if table.target != FORMAT:
        raise UsageError(
            f"the mapping {table.id} writes {table.target}, not {FORMAT}",
            f"対応表 {table.id} の提出先は {table.target} です。ジャパンサーチ（{FORMAT}）の対応表を指定してください。",
        )
    return table


def _layout(table: MappingTable, definition: Definition) -> LabelLayout:
    """The layout of the file for registration, whatever shape the mapping asks for."""
    options = {**table.target_options, "shape": "registration"}
    target: Any = make_target(replace(table, target_options=options))
    return LabelLayout(target, definition)
