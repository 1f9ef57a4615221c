"""The sweep: kill an operation at many points, and judge the files and the next run."""

import os
import random
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from patterson_gui.io.temporary_files import _NAME as TEMPORARY
from tests.kills.file_contents import content_of
from tests.kills.kill_points import NEVER, Ended, KillPoint, run_and_kill
from tests.kills.operations import Operation

_NOT_COMPARED = ".patterson-gui-"  # temporary files, locks and journals


@dataclass(frozen=True)
class Kill:
    """One kill.

    fault : what was wrong afterwards; '' for nothing.
    call : the call at which it was killed, '' elsewhere.
    """

    operation: str
    point: KillPoint
    killed: bool
    fault: str
    call: str = ""


class Sweep:
    """Kills of one operation in a folder for temporary files of its own.

    Attributes
    ----------
    calls : the calls of an undisturbed run that change files.
    seconds : CPU time of that run.
    """

    def __init__(self, name: str, operation: Operation, folder: Path) -> None:
        self._name, self._operation = name, operation
        self._begin, self._place = folder / "begin", folder / "place"
        self._temporary = folder / "temporary"
        self._begin.mkdir()
        self._temporary.mkdir()
        self._demand(self._child(operation.prepare, self._begin), "preparing")
        self._start()
        done = self._child(operation.run, self._place)
        self._demand(done, "an undisturbed run")
        self.calls, self.seconds = done.calls, done.seconds
        self._value = done.value
        self._before = _contents(self._begin)
        self._after = _contents(self._place)
        written = {
            name: path.stat().st_size for name, path in _files(self._place)
            if self._after[_settled(name)] != self._before.get(name)
        }  # fmt: skip
        self._largest, self._bytes = max(written.values(), default=0), sum(written.values())
        self._start()
        again = self._child(operation.run, self._place)
        self._demand(again, "a second run")
        if (again.value, _contents(self._place)) != (self._value, self._after):
            raise RuntimeError(f"{name}: two runs differ: {_differences(self._place, self._after)}")

    def points(self, n: int, seed: int) -> list[KillPoint]:
        """Points before and after about `n` calls (all if there are fewer) and at `n` moments.

        With `n` above 20 all replacements are among the calls.
        """
        rng = random.Random(seed)
        numbers = range(1, len(self.calls) + 1)
        renaming = {i for i in numbers if self.calls[i - 1].startswith(("replace", "rename"))}
        chosen = renaming if n > 20 else set()
        others = sorted(set(numbers) - chosen)
        more = max(n - len(chosen), n // 2)
        chosen = sorted(chosen | set(rng.sample(others, min(more, len(others)))))
        exact = [KillPoint(where, number) for number in chosen for where in ("before", "after")]  # type: ignore[arg-type]
        exact = [
            p for p in exact
            if p.where == "before" or not self.calls[int(p.amount) - 1].startswith("open")
        ]  # fmt: skip
        sizes = [KillPoint("within", int(self._largest * rng.random() ** 3)) for _ in range(n // 2)]
        times = [KillPoint("time", self.seconds * rng.random()) for _ in range(n // 2)]
        return [*exact, *sizes, *times]

    def kill(self, point: KillPoint) -> Kill:
        """Kill one run at `point`, run again, and judge."""
        self._start()
        ended = self._child(self._operation.run, self._place, point)
        call = self.calls[int(point.amount) - 1] if point.where in ("before", "after") else ""
        fault = ""
        if ended.killed:
            fault = self._half_written() or self._after_another_run()
        elif ended.error:
            fault = f"not killed, but {ended.error}"
        return Kill(self._name, point, ended.killed, fault, call)

    def fill_disk(self, free: int) -> Kill:
        """Run with `free` bytes left on the disk of the folder, run again with more, and judge."""
        self._start()
        filler = self._begin.parent / "filler"
        fill(filler, free)
        ended = self._child(self._operation.run, self._place)
        filler.unlink()
        fault = self._half_written() or self._left_lying()
        told = ended.error.startswith("UserError: ") and "\n" not in ended.error
        if ended.error and not (told and _says_full(ended.error)):
            fault = f"told as {ended.error}"
        elif not ended.error and ended.value != self._value:
            fault = f"finds {ended.value!r}"
        fault = fault or self._after_another_run()
        return Kill(self._name, KillPoint("full", free), bool(ended.error), fault)

    def remove(self, n: int, seed: int) -> Iterator[Kill]:
        """Remove inputs, then outputs, each at `n` moments; put back inputs, run again, judge."""
        rng = random.Random(seed)
        for pattern in (self._operation.inputs, self._operation.outputs):
            if not pattern:
                continue
            self._start()
            # Patterns of absent outputs name what will be made.
            found = [str(p) for p in self._place.glob(pattern)] or [str(self._place / pattern)]
            doomed = tuple(found)
            all_ = self._child(self._operation.run, self._place, KillPoint("removed", 0, doomed))
            numbers = range(1, len(all_.calls) + 1)
            for number in sorted(rng.sample(numbers, min(n, len(numbers)))):
                yield self._remove(KillPoint("removed", number, doomed), all_.calls[number - 1])

    def _remove(self, point: KillPoint, call: str) -> Kill:
        self._start()
        ended = self._child(self._operation.run, self._place, point)
        fault = ""
        if ended.error and (not ended.error.startswith("UserError: ") or "\n" in ended.error):
            fault = f"told as {ended.error}"
        shutil.copytree(self._begin, self._place, dirs_exist_ok=True)
        fault = fault or self._after_another_run()
        return Kill(self._name, point, True, fault, call)

    @property
    def bytes_written(self) -> int:
        """Bytes of the files of an undisturbed run."""
        return self._bytes

    def _half_written(self) -> str:
        """What is not whole after a kill."""
        ended = run_and_kill(lambda: self._operation.refuse_damaged(self._place))
        if ended.error:
            return f"damaged: {ended.error}"
        for name, path in _files(self._place):
            try:
                content = content_of(path)
            except Exception as error:
                return f"{name} is not whole: {type(error).__name__}"
            final = name.removesuffix(".next")  # a card whose weights are being written
            known = (self._before.get(final), self._after.get(final))
            if not self._operation.has_states and content not in known:
                return f"{name} is neither the old file nor the new one"
        return ""

    def _after_another_run(self) -> str:
        ended = self._child(self._operation.run, self._place)
        if ended.error:
            return f"the next run fails: {ended.error}"
        if ended.value != self._value:
            return f"the next run finds {ended.value!r} instead of {self._value!r}"
        if found := _differences(self._place, self._after):
            return f"after the next run: {found}"
        return self._left_lying()

    def _left_lying(self) -> str:
        """Temporary files, locks, journals and empty folders."""
        left = [
            str(path.relative_to(top)) for top in (self._place, self._temporary)
            for path in top.rglob("*")
            if path.name.startswith(_NOT_COMPARED) or (path.is_dir() and not any(path.iterdir()))
        ]  # fmt: skip
        left += [path.name for path in self._temporary.iterdir()]
        return f"left lying: {', '.join(left)}" if left else ""

    def _start(self) -> None:
        shutil.rmtree(self._place, ignore_errors=True)
        shutil.copytree(self._begin, self._place)
        shutil.rmtree(self._temporary)
        self._temporary.mkdir()

    def _child(self, function: Any, place: Path, point: KillPoint = NEVER) -> Ended:
        def call() -> Any:
            tempfile.tempdir = str(self._temporary)
            torch.set_num_threads(1)
            os.environ["TMPDIR"] = str(self._temporary)
            return function(place)

        return run_and_kill(call, point)

    def _demand(self, ended: Ended, what: str) -> None:
        if ended.error:
            raise RuntimeError(f"{self._name}: {what} failed: {ended.error}")


def fill(path: Path, free: int) -> None:
    """Write a file that leaves about `free` bytes on its disk, in whole pages."""
    with path.open("wb") as file:
        left = shutil.disk_usage(path.parent).free - free
        while left > 0:
            try:
                left -= file.write(bytes(min(left, 1 << 16)))
                file.flush()
            except OSError:
                return


def _says_full(error: str) -> bool:
    return "full" in error or "no space left" in error.lower()


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Name and path of each file that is no temporary one."""
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        hidden = any(part.startswith(_NOT_COMPARED) or ".part" in part for part in parts)
        if path.is_file() and not hidden and not TEMPORARY.fullmatch(path.name):
            yield "/".join(parts), path


def _contents(folder: Path) -> dict[str, Any]:
    return {_settled(name): content_of(path) for name, path in _files(folder)}


def _settled(name: str) -> str:
    """The name without the random digits in names of parts of checkpoints."""
    head, mark, rest = name.partition("checkpoint-")
    return f"{head}{mark}{rest.split('-')[0]}-{rest.split('-')[-1]}" if mark else name


def _differences(folder: Path, wanted: dict[str, Any]) -> str:
    found = _contents(folder)
    words = [f"{name} is missing" for name in sorted(wanted.keys() - found.keys())]
    words += [f"{name} lies there" for name in sorted(found.keys() - wanted.keys())]
    words += [
        f"{name} differs" for name in sorted(found.keys() & wanted.keys())
        if found[name] != wanted[name]
    ]  # fmt: skip
    return ", ".join(words)
