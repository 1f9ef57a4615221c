"""One finding of the examination of an installation."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Finding:
    """What was examined, whether it is well, and how to fix it if it is not.

    Attributes
    ----------
    subject : what was examined, in a few words.
    found : what is there, as a sentence.
    fix : what to do about a problem, as a sentence; "" where all is well.
    optional : whether the problem is none for those who do not want this part.
    """

    subject: str
    found: str
    fix: str = ""
    optional: bool = False

    @property
    def ok(self) -> bool:
        """Whether nothing has to be mended."""
        return not self.fix or self.optional

    def __str__(self) -> str:
        word = "note" if self.fix and self.optional else "ok" if self.ok else "problem"
        line = f"{word:8}{self.subject}: {self.found}"
        return f"{line}\n{'':8}{self.fix}" if self.fix else line

    def as_dict(self) -> dict[str, Any]:
        """The finding for JSON: subject, ok, found, fix and optional."""
        return {"ok": self.ok, **asdict(self)}
