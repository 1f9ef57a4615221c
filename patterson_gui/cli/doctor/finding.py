"""One finding of the examination of an installation."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Finding:
    """What was examined, whether it is well, and how to mend it if it is not.

    Attributes
    ----------
    subject : what was examined, in a few words.
    found : what is there, as a sentence.
    mend : what to do about a problem, as a sentence; "" where all is well.
    """

    subject: str
    found: str
    mend: str = ""

    @property
    def ok(self) -> bool:
        """Whether nothing has to be mended."""
        return not self.mend

    def __str__(self) -> str:
        line = f"{'ok' if self.ok else 'problem':8}{self.subject}: {self.found}"
        return line if self.ok else f"{line}\n{'':8}{self.mend}"

    def as_dict(self) -> dict[str, Any]:
        """The finding for JSON: subject, ok, found and mend."""
        return {"ok": self.ok, **asdict(self)}
