"""Where packages go: ``user@host:folder`` or ``sftp://user@host:port/folder``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

from convert.errors import UsageError

PORT = 22
_PLAIN = re.compile(r"(?P<user>[^@:/\s]+)@(?P<host>\[[0-9A-Fa-f:.%]+\]|[^:@/\s\[\]]+)(?::(?P<folder>.*))?", re.DOTALL)
_URL = re.compile(
    r"sftp://(?P<user>[^@:/\s]+)@(?P<host>\[[0-9A-Fa-f:.%]+\]|[^:@/\s\[\]]+)(?::(?P<port>[0-9]{1,5}))?(?:/(?P<folder>.*))?",
    re.DOTALL | re.IGNORECASE,
)
_PASSWORD = re.compile(r"(?P<start>(?:sftp://)?+[^@:/\s]*):.*@(?P<end>[^@]*)", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Address:
    """A folder at a receiver. ``folder`` empty: the one in which the login ends."""

    user: str
    host: str
    folder: str = ""
    port: int = PORT

    def __str__(self) -> str:
        """As people write it.

        >>> str(Address("kakuu", "sftp.example.jp", "in", 2222))
        'sftp://kakuu@sftp.example.jp:2222/in'
        """
        host = f"[{self.host}]" if ":" in self.host else self.host
        if self.port == PORT:
            return f"{self.user}@{host}:{self.folder}"
        return f"sftp://{self.user}@{host}:{self.port}/{self.folder}"

    @property
    def known_as(self) -> str:
        """The name by which a file of known host keys has it."""
        return self.host if self.port == PORT else f"[{self.host}]:{self.port}"

    def path(self, name: str) -> str:
        """The path of a file in the folder.

        >>> [Address("kakuu", "sftp.example.jp", folder).path("a.zip") for folder in ("in", "/", "")]
        ['in/a.zip', '/a.zip', 'a.zip']
        """
        if not self.folder:
            return name
        return self.folder + name if self.folder.endswith("/") else f"{self.folder}/{name}"

    @classmethod
    def parse(cls, text: str, port: int | None = None) -> Address:
        """The address that is written. Raises :class:`UsageError`, never repeating a password.

        >>> Address.parse("kakuu@sftp.example.jp:/in")
        Address(user='kakuu', host='sftp.example.jp', folder='/in', port=22)
        >>> Address.parse("sftp://kakuu@[::1]:2222/in")
        Address(user='kakuu', host='::1', folder='in', port=2222)
        """
        hidden = _PASSWORD.fullmatch(text)
        if hidden is not None:
            shown = f"{hidden['start']}:…@{hidden['end']}"
            raise UsageError(
                f"{shown}: a password does not belong on the command line, where others can read it; use the "
                "environment (MOKUROKU_SFTP_PASSWORD), --password-file or a key",
                f"{shown}：パスワードはコマンドに書けません（ほかの人に見えます）。環境変数 MOKUROKU_SFTP_PASSWORD、"
                "--password-file、鍵のどれかを使ってください。",
            )
        found = _URL.fullmatch(text) or _PLAIN.fullmatch(text)
        if found is None or found["user"].startswith("-") or re.search(r"[\x00-\x1f\x7f]", text):
            raise UsageError(
                f"'{text}' is no address; write user@host:folder",
                f"「{text}」は送り先として読めません。user@host:folder の形で書いてください。",
            )
        given = found.groupdict()
        folder = unquote(given["folder"] or "") if given.get("port", "-") != "-" else given["folder"] or ""
        own = int(given["port"]) if given.get("port") else None
        if own is not None and port is not None and own != port:
            raise UsageError(
                f"the port is {own} in the address and {port} in --port",
                f"ポートが、送り先では {own}、--port では {port} です。",
            )
        chosen = next((number for number in (own, port) if number is not None), PORT)
        if not 0 < chosen < 65536:
            raise UsageError(f"{chosen} is no port", f"{chosen} はポート番号ではありません。")
        folder = folder.rstrip("/") or folder[:1]
        return cls(given["user"], given["host"].strip("[]"), folder, chosen)
