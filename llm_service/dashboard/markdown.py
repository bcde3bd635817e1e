"""Markdown from task files to HTML that runs nothing and fetches nothing. The page sanitises it once more."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

MAX_CHARS = 20_000
"""Beyond this the time to render grows with the square of the length: 100,000 brackets took 6 s, 20,000 take 0.2."""


def render(text: str) -> str:
    """`text` as HTML: raw HTML is escaped, images are dropped (each is a beacon), links are http(s) or mailto only."""
    if len(text) > MAX_CHARS:
        text = text[:MAX_CHARS] + "\n\n(The rest is in the raw file.)"
    return str(_renderer().render(text))


@cache
def _renderer() -> MarkdownIt:
    # A megabyte, for a board of which many are only looked at.
    from markdown_it import MarkdownIt

    # `js-default` escapes raw HTML; markdown-it's own default preset passes it through.
    renderer = MarkdownIt("js-default", {"linkify": False, "typographer": False})
    renderer.disable("image")
    renderer.validateLink = _is_plain_link  # type: ignore[method-assign]
    renderer.add_render_rule("link_open", _link_open)
    return renderer


def _is_plain_link(url: str) -> bool:
    return url.strip().lower().startswith(("http://", "https://", "mailto:"))


def _link_open(self, tokens, index, options, env):  # type: ignore[no-untyped-def]  # markdown-it's own signature
    tokens[index].attrSet("rel", "noopener noreferrer")
    tokens[index].attrSet("target", "_blank")
    return self.renderToken(tokens, index, options, env)
