"""Run cases of a seed over all readers. Case n of a seed is always the same file."""

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.fuzz.guarded_children import Outcome, run_guarded
from tests.fuzz.mutations import packed
from tests.fuzz.readers import KINDS
from tests.fuzz.seed_files import write_seeds


@dataclass(frozen=True)
class Case:
    """One damaged file, and how reading it ended."""

    number: int
    kind: str
    content: bytes
    outcome: Outcome


def run_cases(
    seed: int,
    numbers: Sequence[int],
    kinds: Sequence[str] = tuple(KINDS),
    enough: Callable[[], bool] = lambda: False,
) -> Iterator[Case]:
    """Yield each case after it ran. The cases go round the kinds.

    Parameters
    ----------
    enough : asked before each case; true ends the run.
    """
    with tempfile.TemporaryDirectory(prefix="patterson-gui-fuzz-") as name:
        folder = Path(name)
        seeds = write_seeds(folder / "seeds")
        for number in numbers:
            if enough():
                return
            kind = kinds[number % len(kinds)]
            yield _run(seed, number, kind, seeds[kind], folder / "case")


def _run(seed: int, number: int, kind: str, valid: Path, folder: Path) -> Case:
    random = Random(f"{seed} {kind} {number}")
    how = KINDS[kind]
    content = how.damage(valid.read_bytes(), random)
    if how.packs and random.random() < 0.1:
        content = packed(content, random)
    read = random.choice(how.read)
    shutil.copytree(valid.parent, folder / "in")
    path = folder / "in" / valid.name
    path.write_bytes(content)
    (folder / "out").mkdir()
    try:
        outcome = run_guarded(lambda: read(path, folder / "out"), len(content))
    finally:
        shutil.rmtree(folder)
    return Case(number, kind, content, outcome)
