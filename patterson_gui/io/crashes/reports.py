"""Reports of crashes: versions, traceback and last actions, without anything of the user.

Messages of exceptions are left out, because they quote file names and values. Paths are cut to
what belongs to the program, its libraries or Python.
"""

import contextlib
import errno
import hashlib
import linecache
import platform
import re
import traceback
from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path, PurePath

import patterson_gui
from patterson_gui.io.temporary_files import temporary_beside

MOST_REPORTS = 20  # the oldest are deleted
_PACKAGES = ("torch", "numpy", "gemmi", "PyQt6", "PyQt6-Qt6", "vispy", "pyqtgraph", "h5py")
_NEW, _OFFERED = "new-crash-", "crash-"
_OUTSIDE = "a file outside the program"
_QUOTED = re.compile(r'"[^"\n]*"')
_FRAME = re.compile(r'File "([^"\n]*)", line (\d+) in (.*)')
_LIBRARY = re.compile(r".*/(?:site|dist)-packages/(.+)")
_STANDARD = re.compile(
    r".*/(?:lib|lib64|Lib)/(?:python3\.\d+/)?((?:lib-dynload/)?[\w./-]+\.(?:py|so))"
)
_FROZEN = re.compile(r"<frozen [\w.]+>")
_PACKAGE = PurePath(patterson_gui.__file__).parent.as_posix()


class CrashReports:
    """Reports in one folder, as text files. A new one is kept apart until the user has seen it.

    Nothing here raises `OSError`: a report that cannot be written is no reason for a second
    crash.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add(self, head: str, what: str, actions: Sequence[str]) -> Path | None:
        """Write a report; one that is there already is not written again.

        Parameters
        ----------
        head : versions, as `versions_text` gives them.
        what : traceback or stacks, without anything of the user.
        actions : names of the last actions, oldest first.

        Returns
        -------
        The path of the report; None if it could not be written.
        """
        mark = hashlib.sha256(what.encode()).hexdigest()[:12]
        with contextlib.suppress(OSError):
            for known in self._all():
                if known.stem.endswith(mark):
                    return known
            self.folder.mkdir(parents=True, exist_ok=True)
            path = self.folder / f"{_NEW}{mark}.txt"
            parts = ["Report of a crash of patterson_gui", head, what, "Last actions:"]
            parts.append("\n".join(f"  {action}" for action in actions) or "  none")
            beside = temporary_beside(path)
            try:
                beside.write_text("\n\n".join(part.strip("\n") for part in parts) + "\n", "utf-8")
                beside.replace(path)
            finally:
                beside.unlink(missing_ok=True)
            for old in self._all()[MOST_REPORTS:]:
                old.unlink()
            return path
        return None

    def new(self) -> list[Path]:
        """The reports that the user has not seen, newest first."""
        return [path for path in self._all() if path.name.startswith(_NEW)]

    def text(self) -> str:
        """The new reports as one text."""
        texts = []
        for path in self.new():
            with contextlib.suppress(OSError):
                texts.append(path.read_text(encoding="utf-8", errors="replace"))
        return "\n".join(texts)

    def mark_seen(self) -> None:
        """Keep the new reports, but offer them no more."""
        for path in self.new():
            with contextlib.suppress(OSError):
                path.replace(path.with_name(_OFFERED + path.name.removeprefix(_NEW)))

    def forget(self) -> None:
        """Delete the new reports."""
        for path in self.new():
            with contextlib.suppress(OSError):
                path.unlink()

    def _all(self) -> list[Path]:
        """All reports, newest first."""
        found: list[tuple[float, Path]] = []
        for path in (*self.folder.glob(f"{_NEW}*.txt"), *self.folder.glob(f"{_OFFERED}*.txt")):
            with contextlib.suppress(OSError):
                found.append((path.stat().st_mtime, path))
        return [path for _, path in sorted(found, reverse=True)]


def versions_text() -> str:
    """Versions of the program, of Python, of the system and of the main packages."""
    lines = [
        f"patterson_gui {patterson_gui.__version__}",
        f"Python {platform.python_version()} on {platform.platform()}",
    ]
    for name in _PACKAGES:
        with contextlib.suppress(PackageNotFoundError):
            lines.append(f"{name} {version(name)}")
    return "\n".join(lines)


def traceback_text(error: BaseException) -> str:
    """The traceback of an error and of those that caused it, without their messages."""
    lines: list[str] = []
    for each in _chain(error):
        if lines:
            lines.append("after this error:")
        lines += _frames(each)
        lines.append(f"{type(each).__module__}.{type(each).__qualname__}{_number(each)}")
    return "\n".join(lines)


def stacks_text(stacks: str) -> str:
    """What `faulthandler` wrote, without paths of the user."""

    def frame(found: "re.Match[str]") -> str:
        path = short_path(found[1])
        return f"File {path}" if path == _OUTSIDE else f"File {path}, line {found[2]} in {found[3]}"

    cut = _FRAME.sub(frame, stacks)
    return _QUOTED.sub(lambda found: short_path(found[0].strip('"')), cut)


def short_path(path: str) -> str:
    """A path from the folder of the program, its libraries or Python on; others are not told."""
    path = path.replace("\\", "/")
    if path.startswith(f"{_PACKAGE}/"):
        return f"patterson_gui/{path.removeprefix(f'{_PACKAGE}/')}"
    if found := _LIBRARY.fullmatch(path):
        return found[1]
    if found := _STANDARD.fullmatch(path):
        return f"python/{found[1]}"
    return path if _FROZEN.fullmatch(path) else _OUTSIDE


def _chain(error: BaseException) -> list[BaseException]:
    """The error and those before it, the first one first."""
    errors: list[BaseException] = []
    each: BaseException | None = error
    while each is not None and each not in errors:
        errors.append(each)
        each = each.__cause__ or (None if each.__suppress_context__ else each.__context__)
    return errors[::-1]


def _frames(error: BaseException) -> Iterator[str]:
    for frame in traceback.extract_tb(error.__traceback__, limit=-60):
        path = short_path(frame.filename)
        if path == _OUTSIDE:
            yield f"  {path}"
            continue
        yield f"  {path}, line {frame.lineno}, in {frame.name}"
        if path.startswith("patterson_gui/"):
            yield f"    {linecache.getline(frame.filename, frame.lineno or 0).strip()}"


def _number(error: BaseException) -> str:
    """The name of the number of a system error, as " (ENOENT)"."""
    code = (error.errno if isinstance(error, OSError) else None) or 0
    return f" ({errno.errorcode[code]})" if code in errno.errorcode else ""
