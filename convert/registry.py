"""Find formats, transforms, checks and reports by name. Built-ins and plug-ins stand on the same seam.

Built-ins are found by folder: a package in ``convert/formats`` with ``FORMATS``, a module in
``convert/transforms``, a module in ``convert/report`` named for its file suffix, a module in ``convert/check`` or
``convert/check/dataset`` with ``CHECKS``, a module in ``convert/enrich`` with ``ENRICHMENTS``. Plug-ins of other
packages are found by the entry-point groups ``convert.formats`` (a :class:`Format`), ``convert.transforms`` (a module;
its transforms are named ``ENTRY.name``), ``convert.enrichments`` (an :class:`Enrichment`), ``convert.checks`` (a check
class), ``convert.reports`` (a reporter class, named for its suffix) and ``convert.messages`` (a package that holds
``codes.toml``). Only what is asked for is imported.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from convert.errors import UnknownName, UsageError
from convert.transforms import Transform, collect

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from convert.enrich.base import Enrichment
    from convert.formats.base import Format


def plugins(kind: str) -> dict[str, EntryPoint]:
    """Entry points of the group ``convert.KIND`` by name."""
    from importlib.metadata import entry_points  # noqa: PLC0415 - slow to import, and most runs need no plug-in

    return {point.name: point for point in entry_points(group=f"convert.{kind}")}


def load(point: EntryPoint) -> Any:
    """What a plug-in offers at an entry point. Raises :class:`UsageError` when it cannot be imported."""
    try:
        return point.load()
    except (ImportError, AttributeError) as error:
        name = f"{point.name} ({point.value})"
        ja = f"プラグイン {name} を読み込めません：{error}"
        raise UsageError(f"the plug-in {name} cannot be loaded: {error}", ja) from error


def _modules(package: str) -> list[str]:
    path = importlib.import_module(package).__path__
    return [info.name for info in pkgutil.iter_modules(path)]


@cache
def own_formats() -> dict[str, Format]:
    """The built-in formats by name."""
    found: dict[str, Format] = {}
    for name in _modules("convert.formats"):
        module = importlib.import_module(f"convert.formats.{name}")
        found |= {item.name: item for item in getattr(module, "FORMATS", ())}
    return found


def formats() -> dict[str, Format]:
    """Every format by name, plug-ins included."""
    return {name: load(point) for name, point in plugins("formats").items()} | own_formats()


@cache
def _own_format(name: str) -> Format | None:
    """A built-in format; only the folders that may define it are imported."""
    for path in importlib.import_module("convert.formats").__path__:
        for file in sorted(Path(path).glob("*/__init__.py")):
            if f'"{name}"' in file.read_text("utf-8"):
                module = importlib.import_module(f"convert.formats.{file.parent.name}")
                found: Format | None = next(
                    (item for item in getattr(module, "FORMATS", ()) if item.name == name), None
                )
                if found is not None:
                    return found
    return own_formats().get(name)


def format_named(name: str) -> Format:
    """The format called ``name``; raises :class:`UnknownName`."""
    mine = _own_format(name)
    if mine is not None:
        return mine
    own = own_formats()
    if name in own:
        return own[name]
    points = plugins("formats")
    if name in points:
        found: Format = load(points[name])
        return found
    raise UnknownName("format", name, sorted(own | points))


@cache
def own_transforms() -> dict[str, Transform]:
    """The built-in transforms by name."""
    found: dict[str, Transform] = {}
    for name in _modules("convert.transforms"):
        found |= collect(importlib.import_module(f"convert.transforms.{name}"))
    return found


@cache
def _transform_texts() -> list[tuple[str, str]]:
    """The modules that may define transforms, each with its text."""
    folders = importlib.import_module("convert.transforms").__path__
    return [
        (file.stem, file.read_text("utf-8")) for folder in folders for file in sorted(Path(folder).glob("[a-z]*.py"))
    ]


@cache
def _own_transform(name: str) -> Transform | None:
    """A built-in transform; only the modules that may define it are imported, since a run needs few of them."""
    marks = (f"def {name}(", f"def {name}_(", f'name="{name}"')
    for module, text in _transform_texts():
        if any(mark in text for mark in marks):
            found = collect(importlib.import_module(f"convert.transforms.{module}")).get(name)
            if found is not None:
                return found
    return own_transforms().get(name)


def transform_named(name: str) -> Transform:
    """The transform called ``name`` (``vendor.name`` for a plug-in's); raises :class:`UnknownName`."""
    mine = _own_transform(name)
    if mine is not None:
        return mine
    own = own_transforms()
    vendor, dot, word = name.partition(".")
    points = plugins("transforms")
    if dot and vendor in points:
        theirs = collect(load(points[vendor]))
        if word in theirs:
            return theirs[word]
        raise UnknownName("transform", name, [f"{vendor}.{known}" for known in sorted(theirs)])
    raise UnknownName("transform", name, sorted([*own, *points]))


@cache
def own_enrichments() -> dict[str, Enrichment]:
    """The built-in enrichments by name."""
    found: dict[str, Enrichment] = {}
    for name in _modules("convert.enrich"):
        module = importlib.import_module(f"convert.enrich.{name}")
        found |= {item.name: item for item in getattr(module, "ENRICHMENTS", ())}
    return found


def enrichment_named(name: str) -> Enrichment:
    """The enrichment called ``name``; raises :class:`UnknownName`."""
    own = own_enrichments()
    if name in own:
        return own[name]
    points = plugins("enrichments")
    if name in points:
        found: Enrichment = load(points[name])
        return found
    raise UnknownName("enrichment", name, sorted(own | points))


def reporter_named(suffix: str) -> Any:
    """The reporter class for files that end in ``.suffix``; raises :class:`UnknownName`."""
    names = _modules("convert.report")
    if suffix in names and hasattr(_report(suffix), "Reporter"):
        return _report(suffix).Reporter
    points = plugins("reports")
    if suffix in points:
        return load(points[suffix])
    own = [name for name in names if hasattr(_report(name), "Reporter")]
    raise UnknownName("report", suffix, sorted([*own, *points]))


def _report(name: str) -> Any:
    return importlib.import_module(f"convert.report.{name}")


@cache
def dataset_checks() -> dict[str, Any]:
    """The built-in checks of a whole delivery by name, in the order of their modules."""
    own: dict[str, Any] = {}
    for module in _modules("convert.check.dataset"):
        own |= getattr(importlib.import_module(f"convert.check.dataset.{module}"), "CHECKS", {})
    return own


def along_checks() -> list[str]:
    """The formats whose checks can run while their records are converted."""
    return sorted(name for name in formats() if format_named(name).along)


def check_named(name: str) -> Any:
    """The check class called ``name``; raises :class:`UnknownName`."""
    own: dict[str, Any] = {}
    for module in _modules("convert.check"):
        own |= getattr(importlib.import_module(f"convert.check.{module}"), "CHECKS", {})
    own |= dataset_checks()
    if name in own:
        return own[name]
    points = plugins("checks")
    if name in points:
        return load(points[name])
    raise UnknownName("check", name, sorted([*own, *points]))
