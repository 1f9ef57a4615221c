"""Text as any program can show it, and the error that these modules raise."""

import os
import re
import sys

# Characters that must not reach a line of text: controls, line ends, changes of direction.
_UNSEEN = re.compile(
    b"[\\x00-\\x1f\\x7f-\\x9f\\u2028-\\u202e\\u2066-\\u2069\\ufffe\\uffff]+".decode(
        "unicode_escape"
    )
)
try:
    TEXT = unicode  # Python 2
except NameError:
    TEXT = str

LONGEST_TEXT = 4000


class BundleError(Exception):
    """A bundle or a map cannot be used; one sentence for the user."""

    def __str__(self):
        text = self.args[0] if self.args else ""
        if str is bytes and isinstance(text, TEXT):
            return text.encode("utf-8")  # Python 2, whose default encoding is ASCII
        return text

    def __unicode__(self):
        return str(self).decode("utf-8", "replace")


def one_line(value, longest=LONGEST_TEXT):
    """Text on one line that any program can show; '' for other types."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if not isinstance(value, TEXT):
        return ""
    value = value.encode("utf-8", "replace").decode("utf-8", "replace")  # removes lone surrogates
    return " ".join(_UNSEEN.sub(" ", value).split())[:longest]


def stem_of(name, spare):
    """A name or path without folder, ending and our tag, as the stem of a file in ASCII. A result
    has the name of the file that it was predicted from."""
    stem = os.path.splitext(os.path.basename(one_line(name).replace(" (patterson_gui)", "")))[0]
    return str(re.sub("[^A-Za-z0-9_.-]+", "-", stem).strip("-.")[:40]) or spare


def reason(error):
    """An error's message on one line."""
    words = getattr(error, "strerror", None) or error
    try:
        return one_line(words if isinstance(words, (bytes, TEXT)) else str(words), 200)
    except (UnicodeError, ValueError):  # raised also for integers too long to print
        return type(error).__name__


def path_text(folder):
    """A path of any type as text. In Python 2 bytes that cannot be decoded stay bytes."""
    if isinstance(folder, TEXT):
        return folder
    if not isinstance(folder, bytes):
        return str(folder)
    try:
        return folder.decode(sys.getfilesystemencoding() or "utf-8")
    except UnicodeError:
        return folder
