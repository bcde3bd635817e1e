"""Every error a user can meet: one line that says what, where and what to do, and the exit code that goes with it."""

from __future__ import annotations


class LlmServiceError(Exception):
    """Base of all errors of this package; ``str(error)`` is the one line shown to the user."""

    exit_code = 1


class SettingsError(LlmServiceError):
    """A setting has a value that cannot be used."""

    exit_code = 2


class PortBusy(LlmServiceError):
    """The port that was asked for is taken."""

    exit_code = 3


class AlreadyRunning(LlmServiceError):
    """Another process serves this folder already."""


class TaskFileError(LlmServiceError):
    """A task file cannot be read or written."""


class TelemetryUnavailable(LlmServiceError):
    """What things cost cannot be kept or read now; the sentence says why."""
