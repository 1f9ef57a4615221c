"""A file to read, which is opened only once for all readers: `SourceFile`."""

import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO, Any, TypeVar

from patterson_gui.errors import UserError
from patterson_gui.io.files import (
    BROKEN_PACKING,
    as_text,
    empty_once_unpacked,
    opened,
    opened_with_packing,
    plain_stem,
    printable,
    read_content,
    refuse_unreadable,
)
from patterson_gui.io.guards import refuse_declared_bytes
from patterson_gui.io.siblings import siblings
from patterson_gui.io.temporary_files import temporary_folder

HEAD = 65536  # bytes from which readers recognise their files
# A file of at most this size is read completely when it is first opened. Of a larger one (a map)
# only the head is kept, because the reader of maps reads it in pieces.
LARGEST_KEPT = 32 * 1024**2

T = TypeVar("T")


@dataclass(frozen=True)
class _Beginning:
    """The first bytes of a file, or all bytes if `whole`."""

    content: bytes
    whole: bool
    packed: bool


class SourceFile:
    """A file to read: its bytes, its text and parsed contents, each made once.

    The file is opened when something is first needed. Packed files (gzip, bzip2, xz) are unpacked.

    Attributes
    ----------
    path : path of the file.
    name : its name, for messages to the user. Bytes that are no UTF-8 are shown as �: libraries
        and files take no other text.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self.name = printable(self.path.name)
        self._family = {self.path: self}
        self._parsed: dict[Callable[[SourceFile], Any], Any] = {}
        self._stored = True

    @classmethod
    def of(cls, file: "Path | str | SourceFile") -> "SourceFile":
        """The file at a path; a `SourceFile` is returned unchanged."""
        return file if isinstance(file, SourceFile) else cls(file)

    @classmethod
    def in_memory(cls, name: str, content: bytes) -> "SourceFile":
        """Content without a file, such as a member of an archive.

        `name` is used in messages to the user.
        """
        source = cls(name)
        source.name = name
        source._stored = False
        source._beginning = _Beginning(content, whole=True, packed=False)
        return source

    @property
    def stem(self) -> str:
        """The name without packing and ending: '6mw0-sf.cif.gz' → '6mw0-sf'."""
        return printable(plain_stem(self.path))

    @cached_property
    def _beginning(self) -> _Beginning:
        with opened_with_packing(self.path) as (file, packing):
            head = file.read(HEAD)
            if packing is None and self.path.stat().st_size > LARGEST_KEPT:
                return _Beginning(head, whole=False, packed=False)
            try:
                content = head + file.read(LARGEST_KEPT + 1 - len(head))
            except BROKEN_PACKING:
                # The head still identifies the format. `content` and `open` report the damage.
                return _Beginning(head, whole=False, packed=True)
        whole = len(content) <= LARGEST_KEPT
        return _Beginning(content if whole else head, whole, packing is not None)

    @property
    def is_packed(self) -> bool:
        """Whether the file is packed by gzip, bzip2 or xz."""
        return self._beginning.packed

    @property
    def kept_content(self) -> bytes | None:
        """All bytes, if they were kept and the file is not packed; otherwise None."""
        start = self._beginning
        return start.content if start.whole and not start.packed else None

    @property
    def size(self) -> int | None:
        """Size of the content in bytes; None if unknown, as for a large packed file."""
        if self._beginning.whole:
            return len(self._beginning.content)
        return None if self.is_packed else refuse_unreadable(self.path)

    @property
    def head(self) -> bytes:
        """The first `HEAD` bytes, unpacked.

        Raises
        ------
        UserError : the file does not exist, is empty, or cannot be read.
        """
        return self._beginning.content[:HEAD]

    @cached_property
    def head_text(self) -> str:
        """The head as text; '' if it is binary (holds a zero byte)."""
        return "" if b"\x00" in self.head else as_text(self.head)

    @cached_property
    def content(self) -> bytes:
        """All bytes, unpacked.

        Raises
        ------
        UserError : the file cannot be read to its end, is empty, or is too large.
        """
        start = self._beginning
        content = start.content if start.whole else read_content(self.path)
        if start.packed:
            refuse_declared_bytes(self.name, len(content), self.path.stat().st_size)
        if not content:
            raise empty_once_unpacked(self.name)
        return content

    @cached_property
    def text(self) -> str:
        """The content as text; lines end in \\n. Raises like `content`."""
        return as_text(self.content)

    @contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        """Open the unpacked content, for readers that read a large file in pieces."""
        if self._beginning.whole:
            yield io.BytesIO(self._beginning.content)
        else:
            with opened(self.path) as file:
                yield file

    @contextmanager
    def plain_path(self) -> Iterator[Path]:
        """A path to the unpacked content, for libraries that require a path.

        Raises
        ------
        UserError : the content cannot be read, or there is no room for temporary files.
        """
        # Libraries in C++ take names in UTF-8 only.
        if self._stored and not self.is_packed and str(self.path) == printable(str(self.path)):
            yield self.path
            return
        content = self.content
        with ExitStack() as stack:
            try:
                copy = stack.enter_context(temporary_folder()) / "unpacked"
                copy.write_bytes(content)
            except OSError as error:
                raise UserError(
                    f"{self.name} could not be unpacked into the folder for temporary files "
                    f"({(error.strerror or str(error)).lower()}): free some space there, or set "
                    "TMPDIR to another folder."
                ) from error
            yield copy

    def parsed(self, parse: Callable[["SourceFile"], T]) -> T:
        """The result of `parse` for this file, computed once. Callers must not change it."""
        if parse not in self._parsed:
            self._parsed[parse] = parse(self)
        return self._parsed[parse]  # type: ignore[no-any-return]

    def beside(self, endings: Sequence[str]) -> list["SourceFile"]:
        """Files of the same name in the same folder (see `siblings`); each is opened once."""
        found = siblings(self.path, endings) if self._stored else []
        return [self._relative(path) for path in found]

    def _relative(self, path: Path) -> "SourceFile":
        if path not in self._family:
            relative = SourceFile(path)
            relative._family = self._family
            self._family[path] = relative
        return self._family[path]


def first_line(text: str) -> str:
    """The first line that is neither empty nor begins with '#', stripped; '' if there is none."""
    lines = (line for line in text.splitlines() if line.strip() and line[0] != "#")
    return next(lines, "").strip()
