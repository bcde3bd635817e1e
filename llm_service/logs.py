"""Logging for a long-lived process: nothing secret in it, never endless, never the reason for a crash."""

from __future__ import annotations

import logging
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

MASK = "***"
_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
# A shorter text would be masked inside ordinary words.
_SHORTEST_SECRET = 8
_REPEAT_S = 60.0
_MOST_PER_SENTENCE = 20

# Words behind which a secret stands, in query strings, JSON, Python reprs and headers.
_NAMED_SECRET = re.compile(
    r"""(?ix)
    ( \b [\w-]* (?: api[_-]?key | token | password | passwd | secret | authorization | cookie ) \b | [?&] code )
    ( ["']? \s* [=:] \s* ["']? (?: bearer \s+ | basic \s+ )? )
    (?! \*\*\* ) [^\s"'&;,)}\]]+
    """
)
_BEARER = re.compile(r"(?i)\b(bearer\s+)(?!\*\*\*)[\w.~+/=-]{8,}")

_lock = threading.Lock()
_secrets: set[str] = set()
_formatter = logging.Formatter(_FORMAT)


def register_secret(text: str) -> None:
    """Mask this text in everything logged from now on."""
    if len(text) >= _SHORTEST_SECRET:
        with _lock:
            _secrets.add(text)


def forget_secret(text: str) -> None:
    """Stop looking for a text that opens nothing any more."""
    with _lock:
        _secrets.discard(text)


def mask(text: str) -> str:
    """Return the text without registered secrets and without the values of names that sound like one."""
    with _lock:
        # The longest first: one secret may be part of another.
        known = sorted(_secrets, key=len, reverse=True)
    for secret in known:
        text = text.replace(secret, MASK)
    text = _NAMED_SECRET.sub(rf"\1\2{MASK}", text)
    return _BEARER.sub(rf"\1{MASK}", text)


class MaskingFilter(logging.Filter):
    """Rewrite a record, with its traceback, so that no handler after this one sees a secret."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Mask the record in place and let it pass."""
        try:
            message = record.getMessage()
        except (TypeError, ValueError):
            message = f"{record.msg} {record.args}"
        record.msg, record.args = mask(message), None
        if record.exc_info:
            record.exc_text = record.exc_text or _formatter.formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = mask(record.exc_text)
        if record.stack_info:
            record.stack_info = mask(record.stack_info)
        return True


class RepeatFilter(logging.Filter):
    """Let the same line through once a minute, and one sentence with changing words twenty times a minute."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._guard = threading.Lock()
        self._lines: OrderedDict[str, float] = OrderedDict()
        self._sentences: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def filter(self, record: logging.LogRecord) -> bool:
        """Say whether the record is worth a line."""
        if record.levelno < logging.WARNING:
            return True
        now_s = self._clock()
        sentence = f"{record.name} {record.levelno} {record.msg}"
        with self._guard:
            if now_s - self._lines.get(f"{sentence} {record.args}", -_REPEAT_S) < _REPEAT_S:
                return False
            first_s, count = self._sentences.get(sentence, (now_s, 0))
            if now_s - first_s >= _REPEAT_S:
                first_s, count = now_s, 0
            _remember(self._sentences, sentence, (first_s, count + 1))
            if count >= _MOST_PER_SENTENCE:
                return False
            _remember(self._lines, f"{sentence} {record.args}", now_s)
        if count == _MOST_PER_SENTENCE - 1:
            record.msg = f"{record.msg} (more like this are not shown for a minute)"
        return True


def _remember(memory: OrderedDict[str, Any], key: str, value: object) -> None:
    memory[key] = value
    memory.move_to_end(key)
    if len(memory) > 1000:
        memory.popitem(last=False)


def set_up(level: str = "info", log_file: Path | None = None) -> logging.Handler:
    """Send all logging of the process to stderr, or to a file that is rotated at 10 MB; return the handler."""
    handler = _handler(log_file)
    handler.setFormatter(_formatter)
    # The repeats are counted before masking makes different lines alike.
    handler.addFilter(RepeatFilter())
    handler.addFilter(MaskingFilter())
    root = logging.getLogger()
    for old in list(root.handlers):
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger("llm_service").setLevel(level.upper())
    # A full disk or a closed stderr costs log lines, not the board.
    logging.raiseExceptions = False
    logging.captureWarnings(True)
    threading.excepthook = _log_thread_death
    return handler


def _handler(log_file: Path | None) -> logging.Handler:
    if log_file is None:
        return logging.StreamHandler()
    return RotatingFileHandler(log_file, maxBytes=10_000_000, backupCount=5, encoding="utf-8", delay=True)


def _log_thread_death(death: threading.ExceptHookArgs) -> None:
    """A traceback printed by Python itself would pass the mask by."""
    if death.exc_type is SystemExit or death.exc_value is None:
        return
    name = death.thread.name if death.thread else "a thread"
    logging.getLogger("llm_service").error(
        "%s died", name, exc_info=(death.exc_type, death.exc_value, death.exc_traceback)
    )
