"""Who is let in: the token, the one-time login codes and the cookie a browser holds instead of the token."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from llm_service.errors import SettingsError
from llm_service.logs import forget_secret, register_secret

CODE_LIFE_S = 15 * 60.0
_MOST_CODES = 100
_SHORTEST_TOKEN = 8


class _Keys(NamedTuple):
    """The token and the cookie made from it; swapped as one so that no request sees half a rotation."""

    token: bytes
    cookie: str


class Auth:
    """Tell whether a request may be answered. Safe to use from every thread."""

    def __init__(self, token: str | None, cookie_name: str, clock: Callable[[], float]) -> None:
        """Without a token everybody who reaches the server is let in; ``clock`` counts seconds and never steps."""
        self.cookie_name = cookie_name
        self._clock = clock
        self._lock = threading.Lock()
        self._codes: dict[str, tuple[str, float]] = {}  # digest → (code, end of life)
        self._keys = None if token is None else self._keys_of(token)

    @property
    def required(self) -> bool:
        """Say whether a token is needed at all."""
        return self._keys is not None

    def new_code(self) -> str:
        """Make a login code that works once within the next 15 minutes."""
        code = secrets.token_urlsafe(32)
        register_secret(code)
        with self._lock:
            self._drop_dead_codes()
            while len(self._codes) >= _MOST_CODES:
                self._drop(next(iter(self._codes)))
            self._codes[_digest(code)] = (code, self._clock() + CODE_LIFE_S)
        return code

    def redeem(self, code: str) -> bool:
        """Use a login code up; False when it was never made, is too old or was used before."""
        with self._lock:
            self._drop_dead_codes()
            # Looked up by digest, so that the time the lookup takes tells nothing about the code.
            return self._drop(_digest(code))

    def is_token(self, text: str) -> bool:
        """Say whether the text is the token."""
        keys = self._keys
        return keys is not None and hmac.compare_digest(text.encode("utf-8", "replace"), keys.token)

    def rotate(self, token: str) -> None:
        """Take a new token; every cookie and every code of the old one is worth nothing from here on."""
        keys = self._keys_of(token)
        with self._lock:
            self._keys = keys
            for digest in list(self._codes):
                self._drop(digest)

    def cookie_value(self) -> str:
        """Return what the login cookie holds: made from the token, but not the token."""
        return "" if self._keys is None else self._keys.cookie

    def allows(self, environ: dict[str, Any]) -> bool:
        """Say whether a request shows the token or the cookie, or none is needed."""
        keys = self._keys
        if keys is None:
            return True
        scheme, _, credentials = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme.lower() == "bearer" and self.is_token(credentials.strip()):
            return True
        # All of that name: another program on this host may have set one for a longer path, which comes first.
        values = _cookie_values(environ.get("HTTP_COOKIE", ""), self.cookie_name)
        return any(hmac.compare_digest(value.encode("utf-8", "replace"), keys.cookie.encode()) for value in values)

    def _keys_of(self, token: str) -> _Keys:
        if len(token) < _SHORTEST_TOKEN or not (token.isascii() and token.isprintable()) or " " in token:
            raise SettingsError(
                f"the token must be at least {_SHORTEST_TOKEN} printable ASCII characters without spaces: "
                "leave it out and a good one is made"
            )
        # From the token alone, so that a login outlives a restart of the server.
        purpose = f"llm-service login cookie {self.cookie_name}".encode()
        cookie = hmac.new(token.encode(), purpose, hashlib.sha256).hexdigest()
        register_secret(token)
        register_secret(cookie)
        return _Keys(token.encode(), cookie)

    def _drop_dead_codes(self) -> None:
        now_s = self._clock()
        for digest in [digest for digest, (_, end_s) in self._codes.items() if end_s <= now_s]:
            self._drop(digest)

    def _drop(self, digest: str) -> bool:
        code, _ = self._codes.pop(digest, ("", 0.0))
        forget_secret(code)
        return code != ""


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode("utf-8", "replace")).hexdigest()


def _cookie_values(header: str, name: str) -> Iterator[str]:
    for pair in header.split(";"):
        key, _, value = pair.strip().partition("=")
        if key == name:
            yield value.strip('"')
