"""The ChimeraX bundle imported beside a stand-in for ChimeraX's API, and what tests ask of it."""

import importlib.util
import re
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.plugins.chimerax.fakes import (
    Session,
    forget,
    modules,
)
from tests.plugins.load import PLUGINS

BUNDLE = PLUGINS / "chimerax"


@pytest.fixture
def registered() -> dict[str, Any]:
    return {}


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch, registered: dict[str, Any]) -> Iterator[ModuleType]:
    """The bundle's package, imported as ChimeraX does, without Qt."""
    for name, module in modules(registered).items():
        monkeypatch.setitem(sys.modules, name, module)
    for name in ("Qt", "PyQt6"):
        monkeypatch.setitem(sys.modules, name, None)
    spec = importlib.util.spec_from_file_location(
        "chimerax.patterson_gui",
        BUNDLE / "src" / "__init__.py",
        submodule_search_locations=[str(BUNDLE / "src")],
    )
    assert spec is not None
    assert spec.loader is not None
    package = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "chimerax.patterson_gui", package)
    spec.loader.exec_module(package)
    yield package
    forget()


@pytest.fixture
def session() -> Session:
    return Session()


def module(name: str) -> ModuleType:
    return importlib.import_module(f"chimerax.patterson_gui.{name}")


def opened(api: ModuleType, session: Session, path: Path) -> list[Any]:
    """By the opener, as the open command does."""
    opener = api.bundle_api.run_provider(session, "patterson_gui prediction", None)
    models, status = opener.open(session, str(path), path.name)
    assert status
    session.models.add(models)
    return models


def classifiers() -> list[list[str]]:
    root = ET.parse(BUNDLE / "bundle_info.xml").getroot()
    return [re.split(r"\s*::\s*", e.text or "") for e in root.iter("ChimeraXClassifier")]
