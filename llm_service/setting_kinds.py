"""What values a setting may have: for each kind, the words that describe it and how to read it."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import available_timezones

_SWITCH_WORDS = {"1": True, "true": True, "yes": True, "on": True}
_SWITCH_WORDS |= {"0": False, "false": False, "no": False, "off": False}
_LABEL = re.compile(r"[A-Za-z0-9_-]{1,63}")


@dataclass(frozen=True, slots=True)
class Kind:
    """What a value may be. `read` returns the value or raises ValueError; `many` takes a list of values.

    A `table` is written in a file only; what its ValueError says is told to the user. A `secret` has no flag, because
    every user of the machine can read command lines, and its value is shown nowhere. A kind that `explains` has a
    ValueError that is told to the user, and the value, which may hold a secret, is not.
    """

    allowed: str
    read: Callable[[object], object]
    many: bool = False
    switch: bool = False
    path: bool = False
    choices: tuple[str, ...] = ()
    table: bool = False
    secret: bool = False
    explains: bool = False
    metavar: str = ""
    """What stands for the value in a flag's help; by default the last word of the setting's name."""
    judge: Callable[[Any], None] | None = None
    """Looks at all values of a `many` together; its ValueError is told to the user."""


def whole(least: int, most: int, note: str = "") -> Kind:
    """Whole numbers of a range."""
    return Kind(f"a whole number from {least} to {most}{note}", _number(least, most, int))


def seconds(least: float, most: float) -> Kind:
    """Durations of a range."""
    return Kind(f"seconds from {least:g} to {most:g}", _number(least, most, float))


def one_of(*choices: str) -> Kind:
    """One of a few words, in any letter case."""

    def read(value: object) -> object:
        word = _text(value).lower()
        if word not in choices:
            raise ValueError
        return word

    return Kind(" or ".join(choices), read, choices=choices)


def _number(least: float, most: float, convert: Callable[[str], float]) -> Callable[[object], object]:
    def read(value: object) -> object:
        if isinstance(value, bool) or not isinstance(value, (int, float, str)):
            raise ValueError
        number = convert(str(value).strip())
        if not least <= number <= most:  # also refuses NaN
            raise ValueError
        return number

    return read


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip() or any(ord(char) < 32 for char in value):
        raise ValueError
    return value.strip()


def _switch(value: object) -> object:
    if isinstance(value, bool):
        return value
    try:
        return _SWITCH_WORDS[str(value).strip().lower()]
    except KeyError:
        raise ValueError from None


def _host(value: object) -> object:
    """A name or an address, without scheme, port or path; IPv6 may stand in brackets."""
    text = _text(value)
    bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    try:
        return str(ipaddress.ip_address(bare))
    except ValueError:
        labels = bare.rstrip(".").split(".")
        # A last label of digits is a half-written address; browsers read 127.1 and 2130706433 as 127.0.0.1.
        if bare != text or labels[-1].isdigit() or not all(map(_LABEL.fullmatch, labels)):
            raise
        return bare.lower()


def _origin(value: object) -> object:
    """``http(s)://name[:port]`` and nothing after it, or ``*``, which is judged with the other settings."""
    text = _text(value).lower()
    if text == "*":
        return text
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0:
        raise ValueError
    if text != f"{parts.scheme}://{parts.netloc}" or "@" in text or "*" in text:
        raise ValueError
    return text


def _zone(value: object) -> object:
    """``local`` or a name of the time zone database."""
    text = _text(value)
    if text.lower() == "local":
        return "local"
    if text not in available_timezones():
        raise ValueError
    return text


def _webhook(value: object) -> object:
    """An http or https address of a host, without user, password or fragment."""
    text = _text(value)
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0:
        raise ValueError
    if "@" in parts.netloc or "#" in text or " " in text:
        raise ValueError
    return text


PATH = Kind("a path", lambda value: Path(_text(value)), path=True)
SWITCH = Kind("true or false", _switch, switch=True)
HOST = Kind("a host name or an IP address", _host)
HOSTS = Kind("host names without scheme and port", _host, many=True)
ORIGINS = Kind("origins like https://name:port, without a path", _origin, many=True)
ZONE = Kind("local or a name like Europe/Berlin", _zone)
WEBHOOK = Kind("an http:// or https:// address without user and password", _webhook, secret=True)
