"""Deliver files to the National Diet Library's union catalogue (ゆにかねっと): packages for SFTP.

:func:`build` makes packages, :func:`read_package` reads one back and says where it departs from the rules.
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
