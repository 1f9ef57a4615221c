"""Pages of the guide that are made from other files, and the search without a server.

Read by mkdocs (docs/mkdocs.yml).
"""

import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from mkdocs.utils import get_relative_url

import patterson_gui
from patterson_gui.cli.reference import commands_markdown

ROOT = Path(__file__).resolve().parents[1]
_LINKS = {
    "](docs/guide/": "](../",
    "](guide/": "](../",
    "](docs/architecture.md": "](architecture.md",
}

# The theme loads this script from a server, which pages opened from the disk must not need.
_REMOTE_SHIM = re.compile(r"https://[^\"\s]+/iframe-worker/shim")
_LOCAL_SHIM = "assets/iframe-worker.js"


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Leave out the page for addresses that do not exist, which only servers show."""
    config.theme.static_templates.discard("404.html")
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are not files of docs/guide."""
    pages = {
        "reference/commands.md": commands_markdown(),
        "developers/architecture.md": _text("docs/architecture.md"),
        "developers/changelog.md": _text("CHANGELOG.md"),
    }
    for name, content in pages.items():
        files.append(File.generated(config, name, content=content))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Put the public names of the package into the page of the Python API."""
    if page.file.src_uri != "reference/api.md":
        return markdown
    names = [name for name in patterson_gui.__all__ if not name.startswith("_")]
    for marker, chosen in (
        ("[functions]", [name for name in names if name[0].islower()]),
        ("[types]", [name for name in names if name[0].isupper()]),
    ):
        markdown = markdown.replace(marker, "\n\n".join(map(_documented, chosen)))
    return markdown


def _documented(name: str) -> str:
    """The directive that mkdocstrings replaces by the documentation of a public name."""
    public = getattr(patterson_gui, name)
    return f"::: {public.__module__}.{public.__qualname__}\n    options:\n      heading_level: 3"


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    """Load the script that search needs from the site itself."""
    return _REMOTE_SHIM.sub(get_relative_url(_LOCAL_SHIM, page.url), output)


def _text(name: str) -> str:
    """A Markdown file of the project with its links as they are from docs/guide/developers."""
    text = (ROOT / name).read_text(encoding="utf-8")
    for link, replacement in _LINKS.items():
        text = text.replace(link, replacement)
    return text
