"""What a network is made of, as parts within parts: for its diagram."""

from dataclasses import dataclass
from enum import StrEnum


class PartKind(StrEnum):
    """What a part does."""

    CONVOLUTION = "convolution"
    LINEAR = "linear"
    NORMALISATION = "normalisation"
    OTHER = "other"
    GROUP = "group"


@dataclass(frozen=True)
class NetworkPart:
    """One layer, or a group of parts.

    Attributes
    ----------
    name : what the network calls it, such as "blocks".
    words : what it is, such as "convolution 3 × 3 × 3, 64 → 64"; "" of a group.
    weights : trainable numbers, of all repeats together.
    repeats : how many such parts, one after the other, this stands for.
    parts : of a group, or of one of its repeats, from the input to the output.
    """

    name: str
    kind: PartKind
    words: str
    weights: int
    repeats: int = 1
    parts: tuple["NetworkPart", ...] = ()
