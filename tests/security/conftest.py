"""A running site for every test that only asks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.security.site import Site, small_site


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """A site with a token, shared by the tests of one file."""
    with small_site() as running:
        yield running
