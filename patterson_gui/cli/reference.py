"""The reference of all commands as Markdown, generated from the parser."""

import argparse
import re
from collections.abc import Iterator

from patterson_gui.cli.exit_codes import EXIT_CODES
from patterson_gui.cli.parser import build_parser

_USAGE_WIDTH = 76  # characters: as wide as a block of code in the guide
_CODE = re.compile(r"(?<![\w-])('[^']+'(?!\w)|--[a-z]+(?:-[a-z]+)*)")
_MARKUP = re.compile(r"([\\`*_<>\[\]])")


def commands_markdown() -> str:
    """Usage, description, arguments, options and exit codes of every command.

    Returns
    -------
    str
        A Markdown page. Its first line is a heading of level 1, each command has a heading of
        level 2, and each action of a command that has several (`dataset build`) one of level 3.
        The text depends on neither the terminal nor the machine.
    """
    parser = build_parser()
    parts = ["# Commands", *_program(parser)]
    for name, command, help_text in _subcommands(parser):
        parts += [f"## {name}", *_command(command, help_text)]
        for action, sub, action_help in _subcommands(command):
            parts += [f"### {name} {action}", *_command(sub, action_help)]
    return "\n\n".join(parts) + "\n"


def _program(parser: argparse.ArgumentParser) -> Iterator[str]:
    if parser.description:
        yield parser.description
    yield _usage(parser)
    yield "\n".join(_listed(action) for action in _options(parser))
    codes = (f"- `{int(code)}`: {meaning}." for code, meaning in EXIT_CODES.items())
    yield "Exit codes:\n\n" + "\n".join(codes)


def _command(parser: argparse.ArgumentParser, help_text: str) -> Iterator[str]:
    yield _sentence(parser.description or help_text)
    subcommands = [f"- `{parser.prog} {name}`: {text}" for name, _, text in _subcommands(parser)]
    if subcommands:
        yield "\n".join(subcommands)
        return
    yield _usage(parser)
    arguments = [_listed(action) for action in _arguments(parser)]
    if arguments:
        yield "Arguments:\n\n" + "\n".join(arguments)
    options = [_listed(action) for action in _options(parser)]
    if options:
        yield "Options:\n\n" + "\n".join(options)


def _subcommands(
    parser: argparse.ArgumentParser,
) -> Iterator[tuple[str, argparse.ArgumentParser, str]]:
    """Name, parser and one-line help of each command below `parser`."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for choice in action._choices_actions:
                yield choice.dest, action.choices[choice.dest], choice.help or ""


def _arguments(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    return [
        action
        for action in parser._actions
        if not action.option_strings and not isinstance(action, argparse._SubParsersAction)
    ]


def _options(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    return [
        action
        for action in parser._actions
        if action.option_strings and not isinstance(action, argparse._HelpAction)
    ]


def _usage(parser: argparse.ArgumentParser) -> str:
    formatter = argparse.HelpFormatter(parser.prog, width=_USAGE_WIDTH)
    formatter.add_usage(parser.usage, parser._actions, parser._mutually_exclusive_groups, "")
    return f"```text\n{formatter.format_help().strip()}\n```"


def _listed(action: argparse.Action) -> str:
    """One item of a list: the option as it is typed, and its help."""
    names = ", ".join(f"`{name}`" for name in action.option_strings)
    value = _value(action)
    if not names:
        typed = f"`{value}`"
    elif value and action.nargs != 0:
        typed = f"{names.removesuffix('`')} {value}`"
    else:
        typed = names
    required = " (required)" if action.option_strings and action.required else ""
    text = argparse.HelpFormatter("")._expand_help(action) if action.help else ""
    return f"- {typed}{required}" + (f": {_escaped(text)}" if text else "")


def _value(action: argparse.Action) -> str:
    """What stands for the value, several of them separated by a bar."""
    metavar = action.metavar
    if metavar is None and action.choices is not None:
        return "|".join(str(choice) for choice in action.choices)
    if isinstance(metavar, tuple):
        return " ".join(metavar)
    return metavar or action.dest.upper()


def _sentence(text: str) -> str:
    text = _escaped(text)
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")


def _escaped(text: str) -> str:
    """Plain text in which Markdown sees no markup; options and quoted names become code."""
    plain, *rest = _CODE.split(text)
    parts = [_MARKUP.sub(r"\\\1", plain)]
    for code, following in zip(rest[::2], rest[1::2], strict=True):
        parts += ["`" + code.strip("'") + "`", _MARKUP.sub(r"\\\1", following)]
    return "".join(parts)
