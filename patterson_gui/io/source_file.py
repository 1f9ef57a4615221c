"""A file to be read. It is opened once, however many readers ask for its content."""

import io
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO, Any, TypeVar

from patterson_gui.io.files import (
    BROKEN_PACKING,
    as_text,
    empty_once_unpacked,
    opened,
    opened_with_packing,
    plain_stem,
    read_content,
    refuse_unreadable,
)
from patterson_gui.io.siblings import siblings

HEAD = 65536  # bytes by which a reader recognises its files
# The first opening reads a file of this size or less to its end. Of a longer one (a large map)
# it keeps the head alone, because the reader of maps goes through it piece by piece.
LARGEST_KEPT = 32 * 1024**2

T = TypeVar("T")


@dataclass(frozen=True)
class _Beginning:
    """What the first opening of a file gave: its first bytes, or all where `whole`."""

    content: bytes
    whole: bool
    packed: bool


class SourceFile:
    """A file to be read: its bytes, its text and what was parsed from them, each made once.

    Nothing is read before it is asked for. Packed files (gzip, bzip2, xz) are unpacked.

    Attributes
    ----------
    path : where the file lies.
    name : its name, for messages to the user.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self.name = self.path.name
        self._family = {self.path: self}
        self._parsed: dict[Callable[[SourceFile], Any], Any] = {}
        self._stored = True

    @classmethod
    def of(cls, file: "Path | str | SourceFile") -> "SourceFile":
        """The file at a path; a `SourceFile` is returned as it is."""
        return file if isinstance(file, SourceFile) else cls(file)

    @classmethod
    def in_memory(cls, name: str, content: bytes) -> "SourceFile":
        """Content that is no file of its own, such as a member of an archive.

        `name` is what messages to the user call it.
        """
        source = cls(name)
        source.name = name
        source._stored = False
        source._beginning = _Beginning(content, whole=True, packed=False)
        return source

    @property
    def stem(self) -> str:
        """The name without packing and ending: '6mw0-sf.cif.gz' → '6mw0-sf'."""
        return plain_stem(self.path)

    @cached_property
    def _beginning(self) -> _Beginning:
        with opened_with_packing(self.path) as (file, packing):
            head = file.read(HEAD)
            if packing is None and self.path.stat().st_size > LARGEST_KEPT:
                return _Beginning(head, whole=False, packed=False)
            try:
                content = head + file.read(LARGEST_KEPT + 1 - len(head))
            except BROKEN_PACKING:
                # The head still says what the file is. `content` and `open` report the damage.
                return _Beginning(head, whole=False, packed=True)
        whole = len(content) <= LARGEST_KEPT
        return _Beginning(content if whole else head, whole, packing is not None)

    @property
    def is_packed(self) -> bool:
        """Whether the file is packed by gzip, bzip2 or xz."""
        return self._beginning.packed

    @property
    def kept_content(self) -> bytes | None:
        """All bytes, where the first opening gave them and the file is not packed; else None."""
        start = self._beginning
        return start.content if start.whole and not start.packed else None

    @property
    def size(self) -> int | None:
        """Bytes of the content; None where that is not known yet, as of a large packed file."""
        if self._beginning.whole:
            return len(self._beginning.content)
        return None if self.is_packed else refuse_unreadable(self.path)

    @property
    def head(self) -> bytes:
        """The first `HEAD` bytes, unpacked.

        Raises
        ------
        UserError : there is no such file, it is empty, or it cannot be read.
        """
        return self._beginning.content[:HEAD]

    @cached_property
    def head_text(self) -> str:
        """The head as text; '' where it is binary (holds a zero byte)."""
        return "" if b"\x00" in self.head else as_text(self.head)

    @cached_property
    def content(self) -> bytes:
        """All bytes, unpacked.

        Raises
        ------
        UserError : the file cannot be read to its end, is empty, or is too large to be read whole.
        """
        start = self._beginning
        content = start.content if start.whole else read_content(self.path)
        if not content:
            raise empty_once_unpacked(self.name)
        return content

    @cached_property
    def text(self) -> str:
        """All of it as text, lines ended by \\n. Raises as `content` does."""
        return as_text(self.content)

    @contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        """The bytes in order, unpacked, for readers that go through a large file once."""
        if self._beginning.whole:
            yield io.BytesIO(self._beginning.content)
        else:
            with opened(self.path) as file:
                yield file

    @contextmanager
    def plain_path(self) -> Iterator[Path]:
        """A path to the unpacked content, for libraries that take nothing but a path."""
        if self._stored and not self.is_packed:
            yield self.path
            return
        with tempfile.TemporaryDirectory(prefix="patterson-gui-") as folder:
            copy = Path(folder) / "unpacked"
            copy.write_bytes(self.content)
            yield copy

    def parsed(self, parse: Callable[["SourceFile"], T]) -> T:
        """What `parse` makes of this file, made once. Nobody may change the result."""
        if parse not in self._parsed:
            self._parsed[parse] = parse(self)
        return self._parsed[parse]  # type: ignore[no-any-return]

    def beside(self, endings: Sequence[str]) -> list["SourceFile"]:
        """Files of the same name beside this one (see `siblings`); each is opened once, too."""
        found = siblings(self.path, endings) if self._stored else []
        return [self._relative(path) for path in found]

    def _relative(self, path: Path) -> "SourceFile":
        if path not in self._family:
            relative = SourceFile(path)
            relative._family = self._family
            self._family[path] = relative
        return self._family[path]


def first_line(text: str) -> str:
    """The first line with something in it that does not begin with '#', stripped; '' for none."""
    lines = (line for line in text.splitlines() if line.strip() and line[0] != "#")
    return next(lines, "").strip()
