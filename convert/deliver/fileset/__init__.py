"""A set of files that Japan Search fetches over HTTP: each below 1 GB, compressed once, with an index page.

Known, from ジャパンサーチのメタデータ連携について (2026年4月): 1 GB at most can be uploaded; what is larger is
fetched over HTTP, weekly or monthly if wanted, or compressed, but not twice. Inferred: that 1 GB is 10**9 bytes, and
that ZIP archives are taken. Files are kept below the limit before compression, so that it holds whichever way it is
meant.
"""

from __future__ import annotations

from convert.deliver.fileset.making import Made, Request, publish

__all__ = ["Made", "Request", "publish"]
