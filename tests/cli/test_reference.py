"""The Markdown reference of the commands."""

import argparse
from collections.abc import Iterator

import pytest

from patterson_gui.cli.parser import COMMANDS, build_parser
from patterson_gui.cli.reference import _escaped, commands_markdown


def leaves(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """Every parser that runs something."""
    subparsers = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
    if not subparsers:
        yield parser
    for action in subparsers:
        for sub in action.choices.values():
            yield from leaves(sub)


def section(page: str, prog: str) -> str:
    name = prog.removeprefix("patterson-gui ")
    level = "#" * (2 + name.count(" "))
    _, _, after = page.partition(f"\n{level} {name}\n")
    return after.split("\n## ")[0].split("\n### ")[0]


def test_every_command_and_every_option_is_listed() -> None:
    page = commands_markdown()
    assert [line[3:] for line in page.splitlines() if line.startswith("## ")] == list(COMMANDS)
    for parser in leaves(build_parser()):
        text = section(page, parser.prog)
        assert f"```text\n{parser.prog} " in text
        for action in parser._actions:
            for name in action.option_strings:
                if name not in ("-h", "--help"):
                    listed = [line for line in text.splitlines() if line.startswith("- `")]
                    assert any(f"`{name}`" in line or f"`{name} " in line for line in listed)


def test_arguments_options_defaults_units_and_exit_codes_are_given() -> None:
    page = commands_markdown()
    fragment = section(page, "patterson-gui fragment")
    assert "- `MODEL`: protein model" in fragment
    assert "- `-o`, `--output EX.pgz` (required): " in fragment
    assert "- `--margin Å`: margin in Å that `--cell auto` adds along each axis (default: 3)" in (
        fragment.splitlines()
    )
    assert "130" in page.partition("Exit codes")[2].partition("\n## ")[0]


def test_the_page_does_not_depend_on_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    narrow = commands_markdown()
    monkeypatch.setenv("COLUMNS", "200")
    assert commands_markdown() == narrow


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("by --sharpen b_factor", "by `--sharpen` b\\_factor"),
        ("made by 'dataset build' <here>", "made by `dataset build` \\<here\\>"),
        ("each molecule's extent; its file's name", "each molecule's extent; its file's name"),
        ("take --elements all, or -- not", "take `--elements` all, or -- not"),
    ],
)
def test_help_texts_become_markdown(text: str, markdown: str) -> None:
    assert _escaped(text) == markdown
