"""A server of event streams that all go wrong, each try in another way; run as a process of its own, so that its
sockets and threads are not counted with those of whoever listens. Prints its port; ends with its standard input."""

from __future__ import annotations

import random
import sys
import threading
from collections.abc import Callable

from tests.kit.raw_server import Exchange, RawServer

LASTS_S = 0.4


def _events(exchange: Exchange, chunked: bool) -> None:
    exchange.stream("retry: 10\n\n", chunked=chunked)
    for number in range(random.randint(0, 20)):
        exchange.part(f"id: {exchange.number}-{number}\ndata: {'x' * random.randint(1, 2000)}\n\n")


def _clean(exchange: Exchange) -> None:
    _events(exchange, chunked=False)


def _broken(exchange: Exchange) -> None:
    _events(exchange, chunked=True)


def _reset(exchange: Exchange) -> None:
    _events(exchange, chunked=True)
    exchange.reset()


def _beating(exchange: Exchange) -> None:
    exchange.stream()
    for _ in range(4):
        exchange.part(": beat\n\n")
        exchange.stopped.wait(LASTS_S / 4)


def _mute(exchange: Exchange) -> None:
    exchange.stream("data: x\n\n")
    exchange.wait_until_left()


def _no_headers(exchange: Exchange) -> None:
    exchange.wait_until_left()


def _nothing(exchange: Exchange) -> None:
    pass


def _page(exchange: Exchange) -> None:
    exchange.answer("<html>", kind="text/html")


def _busy(exchange: Exchange) -> None:
    exchange.answer("", status="503 Service Unavailable", more="Retry-After: 0\r\n")


def _endless(exchange: Exchange) -> None:
    exchange.stream("data: ")
    for _ in range(40):
        exchange.part(b"x" * 65_536)


def _redirect(exchange: Exchange) -> None:
    exchange.answer("", status="302 Found", more="Location: http://169.254.169.254/\r\n")


WAYS: tuple[Callable[[Exchange], None], ...] = (
    *(_clean, _broken, _reset, _beating, _mute, _no_headers, _nothing, _page, _busy, _endless, _redirect),
)


def main() -> None:
    """Serve until nobody holds our standard input any more."""
    random.seed(int(sys.argv[1]))
    guard = threading.Lock()

    def answer(exchange: Exchange) -> None:
        with guard:
            way = random.choice(WAYS)
        way(exchange)

    server = RawServer(answer)
    print(server.port, flush=True)
    for line in sys.stdin:
        if line.strip() == "connections":
            print(server.connections, flush=True)
    server.stop()


if __name__ == "__main__":
    main()
