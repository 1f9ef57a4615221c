"""Call Coot's functions, and show text in its window and console."""

import os
import sys

from .text import TEXT, BundleError


def coot_function(name):
    """A function of Coot by its name, or None. In 1.x it is in the module `coot`, in 0.9 in
    `__main__`."""
    for module_name in ("coot", "__main__"):
        try:
            module = sys.modules.get(module_name) or __import__(module_name)
        except ImportError:
            continue
        found = getattr(module, name, None)
        if found is not None:
            return found
    return None


def call(name, *arguments):
    """Call a function of Coot."""
    function = coot_function(name)
    if function is None:
        raise BundleError(
            "This Coot has no function '%s', because it is older than 0.9 or newer than the "
            "plugin: update Coot or the plugin." % name
        )
    return function(*[text_for_coot(one) for one in arguments])


def call_if_there(name, *arguments):
    """Call a function that some versions lack; None if it is missing."""
    return None if coot_function(name) is None else call(name, *arguments)


def text_for_coot(value):
    """Text as Coot's functions accept it: bytes in Python 2."""
    if str is bytes and isinstance(value, TEXT):
        return value.encode("utf-8")
    return value


def path_for_coot(path):
    """A path as Coot's functions accept it; in Python 2 on Windows in the system's encoding."""
    if str is bytes and os.name == "nt" and isinstance(path, TEXT):
        return path.encode("mbcs")
    return path


def log_line(text):
    """Print one line in Coot's console, whatever its encoding."""
    try:
        print(text_for_coot("patterson_gui: " + text))
    except (UnicodeError, IOError):
        print(repr(text))


def show_status(text):
    """Show one line at the bottom of Coot's window and in its console."""
    log_line(text)
    call_if_there("add_status_bar_text", text)
