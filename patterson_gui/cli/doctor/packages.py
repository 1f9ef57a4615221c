"""Versions of the packages that are installed, against those that the program requires."""

import platform
import re
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version

from packaging.requirements import InvalidRequirement, Requirement

from patterson_gui import __version__
from patterson_gui.cli.doctor.finding import Finding

PROJECT = "patterson-gui"
_SUBJECT = "Packages"
_AGAIN = "Install the program again with 'pip install -c constraints.txt .'."


def packages() -> Iterator[Finding]:
    """A finding for each package that is missing or of a wrong version, or one for all."""
    try:
        required = requires(PROJECT) or []
    except PackageNotFoundError:
        yield Finding(_SUBJECT, f"{PROJECT} is not installed, so its requirements are not known.",
                      _AGAIN)  # fmt: skip
        return
    wanted = [one for one in map(_requirement, required) if one is not None]
    problems = [problem for one in wanted if (problem := _problem(one)) is not None]
    yield from problems
    if not problems:
        yield Finding(
            _SUBJECT,
            f"all {len(wanted)} packages of patterson-gui {__version__} are here in the versions "
            f"that it needs, on Python {platform.python_version()}.",
        )


def _requirement(text: str) -> Requirement | None:
    """A requirement that holds here; None for one of an extra or of another system."""
    try:
        requirement = Requirement(text)
    except InvalidRequirement:
        return None
    marker = requirement.marker
    return requirement if marker is None or marker.evaluate({"extra": ""}) else None


def _problem(requirement: Requirement) -> Finding | None:
    name, wanted = requirement.name, str(requirement.specifier) or "any version"
    # "~" is left in the names of folders by an interrupted installation.
    try:
        there = version(name)
    except PackageNotFoundError:
        return Finding(_SUBJECT, f"{name} is missing; {wanted} is needed.", _AGAIN)
    if requirement.specifier.contains(re.sub(r"\+.*", "", there), prereleases=True):
        return None
    return Finding(_SUBJECT, f"{name} {there} is installed; {wanted} is needed.", _AGAIN)
