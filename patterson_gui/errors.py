"""Errors a user can cause, and the one way to stop work half-way."""


class UserError(Exception):
    """Something the user can correct: one sentence that says what, why and what to do."""


class Cancelled(Exception):  # noqa: N818 - nothing went wrong
    """The user stopped the work; nothing went wrong."""
