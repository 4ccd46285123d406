"""Where bytes come from, and the lines of text they hold.

:class:`Source` is a path, a stream, bytes or standard input; what is compressed is unpacked. :class:`TextLines` turns
its bytes into lines: the encoding is stated or given by a byte order mark (BOM), never guessed, and a byte that
cannot be decoded is kept as a mark (U+DC00 + byte) until a reader reports it.
"""

from __future__ import annotations

import codecs
import hashlib
import io
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from convert.check.issue import Issue
from convert.errors import SourceFault, UsageError, reason_in_japanese
from convert.model import Location
from convert.packing import HEAD, Unpacked, ensure, foreign_archive, is_document, packing_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

CHUNK = 64 * 1024
"""Bytes read at a time: what is decoded and cut from them stays in the processor's cache."""

SAFE_ENCODING = re.compile(r"utf-8|ascii|iso8859-\d+|cp125\d|cp932|shift_jis\w*|euc_\w+")
"""Codec names in which the bytes 0x0A, 0x0D, 0x22 and 0x2C never are a part of another character."""

_MARK = 0xDC00
_MARKS = re.compile("[\udc00-\udcff]+")
_HANDLER = "mokuroku-mark"


# ── The bytes ────────────────────────────────────────────────────────────────────────────────────


class Source:
    """One input: made with :meth:`of`, opened as often as its kind allows.

    ``name`` is what reports print, ``path`` the file where there is one, ``size`` the bytes that it gives where
    known, ``stored_size`` those it takes. ``seekable`` False (standard input, a pipe): it can be opened once, and
    only be read from its head. ``packing``: how it is compressed, where that is known before it is opened; such a
    source gives the bytes within and cannot be cut. ``issues`` are notices about it for the head of its reader.
    ``opaque``: no archive is looked for in it. Picklable when it is a file or bytes.
    """

    opaque = False

    def __init__(
        self,
        name: str,
        *,
        path: Path | None = None,
        data: bytes | None = None,
        stream: BinaryIO | None = None,
        once: bool = False,
    ) -> None:
        self.name = name
        self.path = path
        self._data = data
        self._stream = stream
        self._hash = hashlib.sha256()
        self._digest: str | None = None
        self._opened = False
        self.issues: tuple[Issue, ...] = ()
        self.seekable, self.stored_size = (False, None) if once else self._measure()
        self.packing = self._packing() if self.seekable else None
        self.size = None if self.packing else self.stored_size

    @classmethod
    def of(cls, what: str | Path | bytes | BinaryIO, *, name: str | None = None) -> Source:
        """Make the source that ``what`` names: a path (``"-"``: standard input), bytes or a binary stream.

        Raises :class:`UsageError` when there is no such file, or when it cannot be a source.
        """
        if isinstance(what, bytes):
            return cls(name or "<bytes>", data=what)
        if isinstance(what, str) and what == "-":
            return cls(name or "<stdin>", stream=sys.stdin.buffer, once=True)
        if isinstance(what, (str, Path)):
            return cls(name or str(what), path=_existing(Path(what)))
        if isinstance(what, io.TextIOBase) or not hasattr(what, "read"):
            raise UsageError(f"a source is a path, bytes or a binary stream, not {type(what).__name__}")
        return cls(name or str(getattr(what, "name", "<stream>")), stream=what)

    def _measure(self) -> tuple[bool, int | None]:
        if self._data is not None:
            return True, len(self._data)
        if self.path is not None:
            regular = self.path.is_file()
            return regular, self.path.stat().st_size if regular else None
        stream = self._stream
        if stream is None or not stream.seekable():
            return False, None
        return True, stream.seek(0, io.SEEK_END)

    def _packing(self) -> str | None:
        with self.open_stored() as stream:
            kind = packing_of(stream.read(HEAD))
        if kind is not None:
            ensure(kind)
        return None if kind == "zip" else kind  # a zip archive has members, which are sources of their own

    @property
    def key(self) -> str:
        """What tells one input of a run from another."""
        return str(self.path.resolve()) if self.path else self.name

    @property
    def may_break(self) -> bool:
        """Whether reading may raise :class:`SourceFault`: it is compressed, or may be."""
        return self.packing is not None or not self.seekable

    @property
    def picklable(self) -> bool:
        """Whether another process can open it: a file or bytes."""
        return self._data is not None or (self.path is not None and self.seekable)

    def __reduce__(self) -> tuple[Any, ...]:
        if not self.picklable:
            raise TypeError(f"{self.name}: a stream cannot be handed to another process")
        return _rebuild, (self.name, self.path, self._data)

    def open(self) -> BinaryIO:
        """Open a binary stream at byte 0, unpacked; the caller closes it.

        Raises :class:`UsageError` when it cannot be opened, :class:`SourceFault` when it is an archive that cannot
        be read. Streams handed out for one seekable stream share its position: read them one after the other.
        """
        stream = self.open_stored()
        if self.packing:
            return _as_binary(Unpacked(stream, self.packing, self.name))
        if self.seekable:
            return stream
        return self._unpacked(stream)

    def _unpacked(self, stream: BinaryIO) -> BinaryIO:
        """What comes through a pipe shows only now whether it is compressed."""
        head = stream.read(HEAD)
        kind = packing_of(head)
        foreign = foreign_archive(head)
        if foreign or (kind == "zip" and not is_document(head)):
            code = "SRC-ARCHIVE" if foreign else "SRC-ZIP-STREAM"
            raise SourceFault(Issue(code, Location(self.name), slots={"kind": foreign} if foreign else {}))
        joined = io.BufferedReader(Joined(head, stream))
        if kind is None or kind == "zip":
            return joined
        ensure(kind)
        return _as_binary(Unpacked(joined, kind, self.name))

    def open_through(self) -> BinaryIO:
        """As :meth:`open`, for who reads from the first byte to the last: then the digest costs no second reading."""
        if self.path is None or self.packing or not self.seekable or self._data is not None:
            return self.open()
        try:
            return _as_binary(_Through(self.path, self._note))
        except OSError as error:
            raise _unreadable(self.path, error) from error

    def _note(self, digest: str) -> None:
        self._digest = digest

    def open_stored(self) -> BinaryIO:
        """Open the bytes as they are stored; see :meth:`open`."""
        if self._data is not None:
            return io.BytesIO(self._data)
        if self._opened and not self.seekable:
            raise UsageError(f"{self.name}: can be read only once", f"{self.name}：一度しか読めない入力です。")
        self._opened = True
        if self.path is not None and self.seekable:
            return _open(self.path)
        stream = self._stream if self._stream is not None else _open(self.path or Path())
        if self.seekable:
            stream.seek(0)
            return io.BufferedReader(_Tap(stream, None))
        return io.BufferedReader(_Tap(stream, self._hash, owned=self._stream is None))

    def digest(self) -> str:
        """SHA-256 in hex of the bytes as stored: of all; of what was read so far where it can be read only once."""
        if not self.seekable:
            return self._hash.hexdigest()
        if self._digest is not None:
            return self._digest
        with self.open_stored() as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()  # type: ignore[arg-type]  # it has readinto

    def __repr__(self) -> str:
        return f"Source({self.name!r})"


def _rebuild(name: str, path: Path | None, data: bytes | None) -> Source:
    return Source(name, path=path, data=data)


def _unreadable(path: Path, error: OSError | ValueError) -> UsageError:
    reason = getattr(error, "strerror", None) or error
    return UsageError(f"{path}: cannot be read ({reason})", f"{path}：読めません（{reason_in_japanese(error)}）。")


def _existing(path: Path) -> Path:
    try:
        there, folder = path.exists(), path.is_dir()
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error
    if not there:
        raise UsageError(f"{path}: there is no such file", f"{path}：このファイルはありません。")
    if folder:
        raise UsageError(f"{path}: is a folder, not a file", f"{path}：ファイルではなくフォルダです。")
    return path


def _open(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise _unreadable(path, error) from error


class _Through(io.FileIO):
    """A file that hashes what is read of it, and tells at its end, as long as nobody seeks. Unbuffered."""

    def __init__(self, path: Path, done: Callable[[str], None]) -> None:
        super().__init__(path, "rb")
        self._digest: Any = hashlib.sha256()
        self._done = done

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(-1 if size is None else size) or b""
        if self._digest is not None:
            if data:
                self._digest.update(data)
            elif size:
                self._done(self._digest.hexdigest())
        return data

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._digest = None
        return super().seek(offset, whence)


class _Tap(io.RawIOBase):
    """Reads from a stream that may belong to somebody else, and hashes what goes by."""

    def __init__(self, stream: BinaryIO, digest: Any, *, owned: bool = False) -> None:
        self._stream, self._digest, self._owned = stream, digest, owned
        self._read = getattr(stream, "read1", stream.read)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return self._digest is None

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._stream.seek(offset, whence)

    def readinto(self, buffer: Any) -> int:
        data: bytes = self._read(len(buffer))
        buffer[: len(data)] = data
        if self._digest is not None:
            self._digest.update(data)
        return len(data)

    def close(self) -> None:
        if self._owned:
            self._stream.close()
        super().close()


class Joined(io.RawIOBase):
    """Bytes that were read from a stream already, and then the rest of it. Closing it closes the stream."""

    def __init__(self, head: bytes, stream: BinaryIO) -> None:
        self._head, self._stream = head, stream
        self._read = getattr(stream, "read1", stream.read)

    def readable(self) -> bool:
        """True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer; 0 at the end."""
        size = len(buffer)
        if self._head:
            data, self._head = self._head[:size], self._head[size:]
        else:
            data = self._read(size)
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        """Close the stream."""
        if not self.closed:
            self._stream.close()
        super().close()


def _as_binary(stream: Any) -> BinaryIO:
    return stream  # type: ignore[no-any-return]


# ── The encoding ─────────────────────────────────────────────────────────────────────────────────

_UNUSABLE = frozenset(
    {"idna", "punycode", "unicode_escape", "unicode-escape", "raw_unicode_escape", "raw-unicode-escape", "undefined"}
    | {"unicodeescape", "rawunicodeescape"}
    | {"mbcs", "oem"}  # what these mean depends on the machine
)

_BOMS = (  # UTF-32 first: its little-endian mark starts with UTF-16's
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def encoding_problem(name: Any) -> str | None:
    """Say what is wrong with an encoding's name, or None.

    >>> encoding_problem("cp932"), encoding_problem("rot13")
    (None, 'expects the name of a text encoding such as utf-8 or cp932')
    """
    expected = "expects the name of a text encoding such as utf-8 or cp932"
    try:
        "".encode(name)  # a codec that is not for text is refused here
        info = codecs.lookup(name)
    except (LookupError, ValueError, TypeError):
        return expected
    return expected if info.incrementaldecoder is None or info.name in _UNUSABLE else None


@dataclass(frozen=True, slots=True)
class Encoding:
    """The encoding in force: ``name`` decodes what follows the first ``bom`` bytes of the source."""

    name: str
    bom: int
    issues: tuple[Issue, ...] = ()

    @property
    def safe(self) -> bool:
        """Line ends and quotes can be found among the bytes without decoding them."""
        return SAFE_ENCODING.fullmatch(self.name) is not None


def find_encoding(head: bytes, stated: str | None, source: str) -> Encoding:
    """Decide by a BOM in the first four bytes, else as ``stated``, else UTF-8 (RFC 3629 §6, RFC 2781 §3.2).

    A BOM that contradicts the statement wins, with ``SRC-BOM``. UTF-16 or UTF-32 stated without a byte order
    and without a BOM is read as little-endian, as the WHATWG Encoding Standard has it, with ``SRC-BOM-MISSING``.
    """
    given = codecs.lookup(stated).name.removesuffix("-sig") if stated else None
    for mark, name in _BOMS:
        # A file of UTF-16-LE may begin with its BOM and a NUL; only a statement can tell it from UTF-32.
        if head.startswith(mark) and not (name == "utf-32-le" and given in ("utf-16", "utf-16-le")):
            if given is None or name == given or name in (f"{given}-le", f"{given}-be"):
                return Encoding(name, len(mark))
            issue = Issue("SRC-BOM", Location(source, line=1), value=stated, slots={"encoding": name})
            return Encoding(name, len(mark), (issue,))
    if given in ("utf-16", "utf-32"):
        issue = Issue("SRC-BOM-MISSING", Location(source, line=1), value=stated, slots={"encoding": f"{given}-le"})
        return Encoding(f"{given}-le", 0, (issue,))
    return Encoding(given or "utf-8", 0)


def _mark(error: UnicodeError) -> tuple[str | bytes, int]:
    """Codec error handler: every bad byte becomes one mark, every mark its byte."""
    if isinstance(error, UnicodeDecodeError):
        return "".join(chr(_MARK + byte) for byte in error.object[error.start : error.end]), error.end
    if isinstance(error, UnicodeEncodeError):
        marks = error.object[error.start : error.end]
        if _MARKS.fullmatch(marks):
            return bytes(ord(mark) - _MARK for mark in marks), error.end
    raise error


codecs.register_error(_HANDLER, _mark)


def marking_decoder(encoding: str) -> codecs.IncrementalDecoder:
    """Make a decoder that keeps every byte it cannot decode as a mark."""
    return codecs.getincrementaldecoder(encoding)(_HANDLER)


def is_damaged(text: str) -> bool:
    """Whether decoded text holds marks of bytes that could not be decoded."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return True
    return False


def visible(text: str) -> str:
    r"""Text fit for a report: NUL and marks become ``\x00``, ``\x81``; other lone surrogates ``\ud800``.

    >>> visible("a\udc81\0")
    'a\\x81\\x00'
    """
    if "\0" not in text and not is_damaged(text):
        return text
    return re.sub("[\0\ud800-\udfff]", _shown, text)


def _shown(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code == 0 or _MARK <= code <= _MARK + 0xFF:
        return f"\\x{code & 0xFF:02x}"
    return f"\\u{code:04x}"


_UNASSIGNED = re.compile("[\x80\uf8f0-\uf8f3]")  # what cp932 makes of bytes that no character uses
_CANDIDATES = ("utf-8", "euc_jis_2004", "cp932")  # EUC before cp932: EUC text often is valid cp932, seldom the reverse


def encoding_hint(text: str, encoding: str) -> str | None:
    """Another encoding in which the bytes of ``text`` are whole: a suggestion, nothing is decided by it."""
    try:
        data = text.encode(encoding, _HANDLER)
    except UnicodeError:
        return None
    first, second = data[0::2].count(0), data[1::2].count(0)
    if bool(first) != bool(second):  # commas and digits are half NUL in UTF-16, always the same half
        return "utf-16-be" if first else "utf-16-le"
    return next((name for name in _CANDIDATES if name != encoding and _decodes(data, name)), None)


def _decodes(data: bytes, encoding: str) -> bool:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return not _UNASSIGNED.search(text)


def _cut_short(text: str, encoding: str) -> bool:
    """Whether all bad bytes are beginnings of UTF-8 characters: the text was cut, and is in no other encoding."""
    if codecs.lookup(encoding).name != "utf-8":
        return False
    return all(_begins_character(bytes(ord(mark) - _MARK for mark in found[0])) for found in _MARKS.finditer(text))


def _begins_character(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.end == len(data) and error.reason == "unexpected end of data"
    return False


def damage_issue(text: str, cell: str, encoding: str, at: Location, ordinal: int | None = None) -> Issue:
    """``SRC-ENCODING`` for the first bad bytes in ``cell``, a part of the damaged ``text``."""
    found = _MARKS.search(cell) or _MARKS.search(text)
    marks = found[0][:8] if found else ""
    slots: dict[str, Any] = {"encoding": encoding, "bytes": " ".join(f"0x{ord(mark) - _MARK:02X}" for mark in marks)}
    hint = None if _cut_short(text, encoding) else encoding_hint(text, encoding)
    if hint:
        slots["suggestion"] = hint
    return Issue("SRC-ENCODING", at, ordinal=ordinal, value=visible(cell[:200]), slots=slots, suggestion=hint)


# ── The lines ────────────────────────────────────────────────────────────────────────────────────


class TextLines:
    """The lines of a binary stream, terminators kept. LF, CRLF and CR end a line; nothing else does.

    ``damaged`` turns True before the first line that holds marks of undecodable bytes is handed out,
    ``nul`` before the first that holds U+0000; ``suspect`` is either. A line longer than ``max_line``
    characters is handed out cut, still longer than ``max_line``, with its terminator: memory stays bounded.
    Where a compressed stream breaks, whole lines before that are given, then :class:`SourceFault` is raised.
    """

    def __init__(
        self,
        stream: BinaryIO,
        encoding: str,
        *,
        head: bytes = b"",
        length: int | None = None,
        max_line: int | None = None,
    ) -> None:
        """``head`` are bytes taken from the stream already; ``length`` bytes, head included, are decoded."""
        self._stream = stream
        self._head = head if length is None else head[:length]
        self._left = None if length is None else length - len(self._head)
        self._max_line = max_line or sys.maxsize
        self._strict = codecs.getincrementaldecoder(encoding)("strict")
        self._is_utf8 = encoding == "utf-8"
        self._marking = marking_decoder(encoding)
        self.damaged = self.nul = self.suspect = False
        self._fault: SourceFault | None = None

    def __iter__(self) -> Iterator[str]:
        for batch in self.batches():
            yield from batch

    def batches(self) -> Iterator[list[str]]:
        """Give the lines, as many at a time as a chunk holds."""
        pieces = _Pieces(self._max_line)
        between = True  # the last chunk ended with a line
        rest = b""
        for chunk, final in self._chunks():
            data = rest + chunk
            end = data.rfind(b"\n") + 1 if self._is_utf8 else 0
            lines = self._sound_lines(data[:end]) if end and between else None
            if lines is None:
                lines = pieces.add(self._text(data[: end or None], final=final and end in (0, len(data))))
            if lines:
                yield lines
            between, rest = end > 0, data[end:] if end else b""
        if self._fault is not None:
            raise self._fault
        lines = pieces.add(self._text(rest, final=True)) if rest else []
        last = pieces.close()
        if lines or last:
            yield [*lines, last] if last else lines

    @property
    def drained(self) -> bool:
        """Whether the last of ``length`` bytes was read, if perhaps not given yet."""
        return self._left == 0

    def _sound_lines(self, data: bytes) -> list[str] | None:
        """Whole lines in UTF-8, decoded one by one: the quickest way. None where one is unsound, or ends with a CR."""
        lines = io.BytesIO(data).readlines()
        if b"\r" in data and any(line.find(b"\r", 0, -2) >= 0 for line in lines):
            return None
        try:
            found = list(map(bytes.decode, lines))
        except UnicodeDecodeError:
            return None
        self._look_for_nul(b"\0" in data)
        return found

    def texts(self) -> Iterator[str]:
        """Give the text as it comes, a chunk at a time, for formats that are no lines."""
        for chunk, final in self._chunks():
            yield self._text(chunk, final=final)
        if self._fault is not None:
            raise self._fault

    def _chunks(self) -> Iterator[tuple[bytes, bool]]:
        """The bytes, and whether they are the last. Where the stream breaks, there are no last ones."""
        chunk = self._head + self._read()
        while chunk:
            following = self._read_on()
            yield chunk, not following and self._fault is None
            chunk = following

    def _text(self, chunk: bytes, *, final: bool) -> str:
        text = self._decode(chunk, final=final)
        self._look_for_nul("\0" in text)
        return text

    def _look_for_nul(self, found: bool) -> None:
        if found:
            self.nul = self.suspect = True

    def _read_on(self) -> bytes:
        """The next chunk; a fault waits until what stands before it was given."""
        try:
            return self._read()
        except SourceFault as fault:
            self._fault = fault
            return b""

    def _read(self) -> bytes:
        if self._left is None:
            return self._stream.read(CHUNK)
        data = self._stream.read(min(CHUNK, self._left))
        self._left -= len(data)
        return data

    def _decode(self, chunk: bytes, *, final: bool) -> str:
        state = self._strict.getstate()
        try:
            return self._strict.decode(chunk, final)
        except UnicodeDecodeError:
            self.damaged = self.suspect = True
            self._marking.setstate(state)
            text = self._marking.decode(chunk, final)
            self._strict.setstate(self._marking.getstate())
            return text


_LINE_END = re.compile(rb"\r\n|\n|\r")
_CR_ALONE = re.compile(rb"\r(?!\n)")
_STRETCH = 1 << 20


def line_starts(stream: BinaryIO, wanted: Iterable[int]) -> dict[int, int]:
    """Where lines begin, in bytes of the stream, which stands at the first; those after its end are left out.

    Only for an encoding that is ``safe``. LF, CRLF and CR end a line.
    """
    left = sorted(set(wanted), reverse=True)
    found: dict[int, int] = {}
    line, at = 1, stream.tell()
    if left and left[-1] == line:
        found[left.pop()] = at
    while left and (data := stream.read(_STRETCH)):
        while data.endswith(b"\r") and (more := stream.read(1)):
            data += more
        for place in _after_each_end(data):
            line += 1
            if line == left[-1]:
                found[left.pop()] = at + place
                if not left:
                    break
        at += len(data)
    return found


def _after_each_end(data: bytes) -> Iterator[int]:
    """Behind every line end. To look for one byte takes a tenth of what it takes to count them."""
    if _CR_ALONE.search(data) is not None:
        yield from (end.end() for end in _LINE_END.finditer(data))
        return
    place = data.find(b"\n") + 1
    while place:
        yield place
        place = data.find(b"\n", place) + 1


class _Pieces:
    """Cuts text into lines, and puts those together that run over several chunks."""

    def __init__(self, limit: int) -> None:
        self._parts: list[str] = []
        self._size = 0
        self._limit = limit
        self._held = ""  # a CR at the end of a chunk: an LF may follow

    def add(self, text: str) -> list[str]:
        """The lines that are whole with the next chunk."""
        joined = self._held + text
        self._held = "\r" if joined.endswith("\r") else ""
        lines = io.StringIO(joined[: len(joined) - len(self._held)], newline="").readlines()
        if not lines:
            return lines
        if self._parts:
            if lines[0][-1] not in "\r\n":
                self._keep(lines[0])
                return []
            lines[0] = self._take(lines[0])
        if lines[-1][-1] not in "\r\n":
            self._keep(lines.pop())
        return lines

    def close(self) -> str:
        """The last line, when no line end follows it."""
        return self._take(self._held)

    def _keep(self, part: str) -> None:
        room = self._limit + 1 - self._size
        if room > 0:
            self._parts.append(part[:room])
            self._size += len(part)

    def _take(self, last: str) -> str:
        body = last.rstrip("\r\n") if last else ""
        end = last[len(body) :]
        self._keep(body)
        line = "".join(self._parts) + end
        self._parts.clear()
        self._size = 0
        return line


@dataclass(frozen=True, slots=True)
class Opened:
    """An open source whose encoding is known: ``head`` are the first bytes after the BOM, taken already."""

    stream: BinaryIO
    encoding: Encoding
    head: bytes


def open_text(source: Source, stated: str | None) -> Opened:
    """Open a source and find its encoding, without seeking."""
    stream = source.open_through()
    try:
        head = stream.read(4)
        encoding = find_encoding(head, stated, source.name)
    except BaseException:
        stream.close()
        raise
    return Opened(stream, encoding, head[encoding.bom :])


def text_lines(
    source: Source, stated: str | None, *, start: int = 0, end: int | None = None, max_line: int | None = None
) -> tuple[Opened, TextLines]:
    """Open a source and give the lines of its bytes ``start`` to ``end``; ``start`` needs a seekable source."""
    opened = open_text(source, stated)
    name = opened.encoding.name
    if start:
        opened.stream.seek(start)
        length = None if end is None else end - start
        return opened, TextLines(opened.stream, name, length=length, max_line=max_line)
    length = None if end is None else max(0, end - opened.encoding.bom)
    return opened, TextLines(opened.stream, name, head=opened.head, length=length, max_line=max_line)
