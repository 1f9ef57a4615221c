"""Pages of the guide that are made from other files: commands, architecture, changelog.

Read by mkdocs (docs/mkdocs.yml).
"""

from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from patterson_gui.cli.reference import commands_markdown

ROOT = Path(__file__).resolve().parents[1]
_LINKS = {
    "](docs/guide/": "](../",
    "](guide/": "](../",
    "](docs/architecture.md": "](architecture.md",
}


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


def _text(name: str) -> str:
    """A Markdown file of the project with its links as they are from docs/guide/developers."""
    text = (ROOT / name).read_text(encoding="utf-8")
    for link, replacement in _LINKS.items():
        text = text.replace(link, replacement)
    return text
