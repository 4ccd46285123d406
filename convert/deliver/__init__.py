"""Deliver files to the National Diet Library's union catalogue (ゆにかねっと) and others.

:func:`build` makes packages for SFTP, :func:`read_package` reads one back and says where it departs from the rules.
What goes in is made from converted files by :func:`convert.deliver.sampling.sample`,
:func:`convert.deliver.loading.full` and :func:`convert.deliver.differing.diff`. :mod:`convert.deliver.sftp` sends
packages, :mod:`convert.deliver.fileset` makes what Japan Search fetches, :mod:`convert.deliver.log` keeps a log of all
of it.
"""

from __future__ import annotations

from convert.deliver.building import Built, Request, build
from convert.deliver.names import MemberName, PackageName
from convert.deliver.reading import Package, PackageMember, read_package

__all__ = [
    "Built",
    "MemberName",
    "Package",
    "PackageMember",
    "PackageName",
    "Request",
    "build",
    "read_package",
]
