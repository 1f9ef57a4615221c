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

# Device, number, size (bytes) and time of change (ns): another state means another content.
FileState = tuple[int, int, int, int]


@dataclass(frozen=True)
class _Beginning:
    """The first bytes of a file, or all bytes if `whole`."""

    content: bytes
    whole: bool
    packed: bool


class SourceFile:
    """A file to read: its bytes, its text and parsed contents, each made once.

    The file is opened when something is first needed. Packed files (gzip, bzip2, xz) are unpacked.
    A file that is read in several pieces, and all files of its name that are read with it, must
    stay as they are until all is read (see `unchanged`).

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
        self._state: FileState | None = None  # as it was when it was first opened

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
        self._state = _state_of(self.path)
        with self._read_in_one_state():
            return self._read_beginning()

    def _read_beginning(self) -> _Beginning:
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

    # ------------------------------------------------------------------ changes while it is read
    @property
    def states(self) -> dict[Path, FileState]:
        """Every file that was read, this one and those beside it, as it was then."""
        return {
            path: member._state
            for path, member in self._family.items()
            if member._state is not None
        }

    @contextmanager
    def unchanged(self) -> Iterator[None]:
        """Refuse files that another program changes while they are read in the block.

        All files that were read together must at the end be as they were when each was first
        opened: then all are of one moment.

        Raises
        ------
        UserError : one was changed, replaced or removed, also where the block itself failed.
        """
        try:
            yield
        except Exception as error:
            if (changed := self._changed_member()) is not None:
                raise _changed(changed.name) from error
            raise
        if (changed := self._changed_member()) is not None:
            raise _changed(changed.name)

    def _changed_member(self) -> "SourceFile | None":
        read = [member for member in self._family.values() if member._state is not None]
        if len(read) == 1 and read[0]._beginning.whole:
            return None  # all of it was read at once
        return next((member for member in read if member._is_changed()), None)

    def _is_changed(self) -> bool:
        return self._state is not None and _state_of(self.path) != self._state

    @contextmanager
    def _read_in_one_state(self) -> Iterator[None]:
        """Refuse this file if it changes in the block, or has changed since it was opened."""
        try:
            yield
        except Exception as error:
            if self._is_changed():
                raise _changed(self.name) from error
            raise
        if self._is_changed():
            raise _changed(self.name)

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
        if start.whole:
            content = start.content
        else:
            with self._read_in_one_state():
                content = read_content(self.path)
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
            with self._read_in_one_state(), opened(self.path) as file:
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
            _ = self._beginning
            with self._read_in_one_state():
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


def _state_of(path: Path) -> FileState | None:
    """What tells whether a file has changed; None where it cannot be asked."""
    try:
        status = path.stat()
    except (OSError, ValueError):
        return None
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _changed(name: str) -> UserError:
    return UserError(
        f"{name} was changed or removed while it was read: wait until the program that writes it "
        "has finished, then open it again."
    )


def first_line(text: str) -> str:
    """The first line that is neither empty nor begins with '#', stripped; '' if there is none."""
    lines = (line for line in text.splitlines() if line.strip() and line[0] != "#")
    return next(lines, "").strip()
