"""All parts of the examination, in the order in which they are shown."""

import json
from collections.abc import Callable, Iterable, Sequence

from patterson_gui.cli.doctor.finding import Finding
from patterson_gui.cli.lazy import lazy_function

Part = Callable[[], Iterable[Finding]]
_PACKAGE = "patterson_gui.cli.doctor"

# Each module is imported when its turn comes: one that cannot be imported, because a package is
# damaged, is a finding and does not stop the others.
PARTS: dict[str, Part] = {
    subject: lazy_function(f"{_PACKAGE}.{module}", name)
    for subject, module, name in (
        ("Packages", "packages", "packages"),
        ("System libraries", "libraries", "libraries"),
        ("OpenGL", "machine", "opengl"),
        ("GPU", "gpu", "gpu"),
        ("Memory", "machine", "memory"),
        ("Networks", "networks", "networks"),
        ("Extensions", "extensions", "findings"),
        ("Folders", "folders", "folders"),
        ("Other programs", "programs", "programs"),
    )
}


def examine() -> list[Finding]:
    """Examine everything; takes some seconds, longer where ChimeraX is asked for its plugins."""
    return [finding for subject, part in PARTS.items() for finding in _findings(subject, part)]


def text_of(findings: Sequence[Finding]) -> str:
    """The findings as lines, with a last line that counts the problems."""
    number = sum(not finding.ok for finding in findings)
    last = "All is well."
    if number:
        problems = "1 problem" if number == 1 else f"{number} problems"
        last = f"{problems} found: the indented lines say what to do."
    return "\n".join([*map(str, findings), "", last])


def json_of(findings: Sequence[Finding]) -> str:
    """The findings as JSON: "ok" for all, and "findings" with each."""
    return json.dumps(
        {
            "ok": all(finding.ok for finding in findings),
            "findings": [finding.as_dict() for finding in findings],
        },
        indent=1,
        ensure_ascii=False,
    )


def examination_text() -> str:
    """What `patterson-gui doctor` prints."""
    return text_of(examine())


def _findings(subject: str, part: Part) -> list[Finding]:
    try:
        return list(part())
    except Exception as error:  # whatever is broken, the rest is examined
        return [
            Finding(
                subject,
                f"could not be examined ({type(error).__name__}: {error}).",
                "Install the program again; if that does not help, report this line.",
            )
        ]
