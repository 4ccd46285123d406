"""Send packages by SFTP (version 3, draft-ietf-secsh-filexfer-02): the receiver's folder holds complete files or none.

:func:`send` checks the packages, sends each under another name, compares the size and renames; :mod:`.batch` writes the
same as a batch file for the ``sftp`` of OpenSSH. Needs the extra ``sftp``: paramiko (LGPL-2.1), which is imported only
when something is sent, is no part of this package and can be replaced by any other version of itself; asyncssh (EPL-2.0
or GPL-2.0) would do as well, but cannot tell a wrong host key from an unknown one. The batch file needs no library.
"""

from __future__ import annotations

from convert.deliver.sftp.address import Address
from convert.deliver.sftp.run import Outcome, Request, Sent, send

__all__ = ["Address", "Outcome", "Request", "Sent", "send"]
