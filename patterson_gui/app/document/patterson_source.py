"""What a Patterson map is of: the amplitudes that are open, or differences of data sets."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

PattersonKind = Literal["native", "anomalous", "isomorphous"]


@dataclass(frozen=True)
class PattersonSource:
    """Which Patterson map is shown.

    Attributes
    ----------
    data_set : name of the data set with Friedel pairs, or of the derivative, in the open file.
    native : name of the data set of the native, in `native_file` or else in the open file; "": the
        only one.
    native_file : None: the open file.
    """

    kind: PattersonKind = "native"
    data_set: str = ""
    native: str = ""
    native_file: Path | None = None


NATIVE = PattersonSource()


@dataclass(frozen=True)
class SourceChoices:
    """What the open file offers for difference Patterson maps.

    Attributes
    ----------
    sets : names of its data sets with σ.
    with_mates : those of `sets` that have Friedel mates apart.
    native : the one of `sets` whose name says that it is the native; "": none or several.
    other_file, other_sets : another file that the user named for the native, and its data sets.
    """

    sets: tuple[str, ...] = ()
    with_mates: tuple[str, ...] = ()
    native: str = ""
    other_file: Path | None = None
    other_sets: tuple[str, ...] = ()

    def first_isomorphous(self) -> PattersonSource:
        """The differences to show first: the first derivative against the native, if it is known
        by its name, or else of two data sets the second against the first."""
        if self.native:
            others = [name for name in self.sets if name != self.native]
            if others:
                return PattersonSource("isomorphous", others[0], self.native)
        if len(self.sets) == 2:
            return PattersonSource("isomorphous", self.sets[1], self.sets[0])
        return PattersonSource("isomorphous", self.sets[0] if self.sets else "")
