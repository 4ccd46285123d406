"""Compile ``convert/formats/xml/_tree.c`` where there is a C compiler; without one all works too, but slower."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SOURCE = "convert/formats/xml/_tree.c"
MODULE = "convert.formats.xml._tree"


class CompileHook(BuildHookInterface[Any]):
    """Puts the compiled module into a wheel, or beside its source for an editable install."""

    PLUGIN_NAME = "custom"
    _folder: Path | None = None

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile before anything is packed. ``version`` is "editable" or "standard"."""
        if self.target_name != "wheel":
            return
        self._folder = Path(tempfile.mkdtemp(prefix="mokuroku-"))
        try:
            made = compiled(Path(self.root), self._folder)
        except (Exception, SystemExit) as error:  # no compiler, no headers: whatever it is
            self.app.display_warning(f"{SOURCE} was not compiled, reading XML will be slower: {error}")
            return
        inside = Path(SOURCE).parent / made.name
        if version == "editable":
            put(made, Path(self.root, inside))
        else:
            build_data["force_include"][str(made)] = inside.as_posix()
            build_data["pure_python"] = False
            build_data["infer_tag"] = True

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Clean up."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)


def compiled(root: Path, folder: Path) -> Path:
    """Compile the module into ``folder``; whatever goes wrong raises."""
    from setuptools import Distribution, Extension  # noqa: PLC0415 - it may be missing
    from setuptools.command.build_ext import build_ext  # noqa: PLC0415

    command = build_ext(Distribution({"ext_modules": [Extension(MODULE, [str(root / SOURCE)])]}))
    command.build_lib = command.build_temp = str(folder)
    command.ensure_finalized()
    command.run()
    return Path(command.get_ext_fullpath(MODULE))


def put(made: Path, place: Path) -> None:
    """Put a file in its place in one step: what runs meanwhile keeps the old one."""
    beside = place.with_name(f"{place.name}.{os.getpid()}")
    shutil.copyfile(made, beside)
    beside.replace(place)
