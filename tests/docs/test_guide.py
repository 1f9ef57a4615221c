"""The guide: its site builds without a warning, and its pictures come from the script."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs" / "guide"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The guide, built as `make docs` does."""
    folder = tmp_path_factory.mktemp("guide")
    mkdocs = Path(sys.executable).with_name("mkdocs")
    done = subprocess.run(
        [mkdocs, "build", "--quiet", "--config-file", "docs/mkdocs.yml", "--site-dir", folder],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_site_builds_without_a_warning_and_without_broken_links(site: Path) -> None:
    for page in ("index", "tour", "glossary", "reference/commands", "reference/api"):
        assert (site / f"{page}.html").stat().st_size > 5000, page


def test_site_loads_nothing_from_another_computer(site: Path) -> None:
    loaded = re.compile(r'<(?:script|link|img|iframe)[^>]+(?:src|href)="https?://[^"]*"')
    for page in site.rglob("*.html"):
        assert not loaded.findall(page.read_text(encoding="utf-8")), page.name


def test_command_reference_lists_every_command(site: Path) -> None:
    text = (site / "reference" / "commands.html").read_text(encoding="utf-8")
    for command in ("patterson", "fragment", "predict", "evaluate", "train", "send", "fetch"):
        assert f"patterson-gui {command}" in text


def test_every_picture_is_shown_on_a_page_and_taken_by_the_script() -> None:
    pages = "".join(page.read_text(encoding="utf-8") for page in GUIDE.rglob("*.md"))
    script = (ROOT / "docs" / "pictures.py").read_text(encoding="utf-8")
    for picture in (GUIDE / "pictures").iterdir():
        assert f"pictures/{picture.name})" in pages, picture.name
        assert f'"{picture.stem}"' in script, picture.name


def test_script_for_pictures_can_be_loaded() -> None:
    spec = importlib.util.spec_from_file_location("pictures", ROOT / "docs" / "pictures.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert callable(module.main)
