"""The many names of one model: under which provider and name its price is looked up, and which models are local.

Names come as the tools write them: ``anthropic/claude-sonnet-4.5`` (OpenRouter, LiteLLM),
``claude-sonnet-4-5@20250929`` (Vertex), ``us.anthropic.claude-sonnet-4-5-20250929-v1:0`` (Bedrock),
``claude-sonnet-4-5[1m]`` (Claude Code), ``models/gemini-2.5-pro`` (Google), ``azure/gpt-4o``, ``qwen3:30b`` (Ollama).
"""

from __future__ import annotations

import re
from typing import NamedTuple

_LOCAL_PROVIDERS = """
docker-model-runner exo gpt4all jan koboldcpp llama-cpp llama.cpp llamacpp lm-studio lmstudio local localai localhost
mlx mlx-lm mock ollama sglang text-generation-webui tgi vllm
"""
LOCAL = frozenset(_LOCAL_PROVIDERS.split())
"""Providers that are programs on a machine of one's own: whatever their models are called, no list has their price."""

MAX_NAME = 300
"""Characters; a longer name is no model's."""

_OPTION = re.compile(r"\s*\[[^\]]*\]$")
_BEDROCK_REGION = re.compile(r"^(us-gov|us|eu|apac|ap|jp|au|ca|sa|global)\.(?=[a-z0-9]+\.)")
_BEDROCK_MAKER = re.compile(r"^(ai21|amazon|anthropic|cohere|deepseek|meta|minimax|mistral|moonshot|openai|qwen|zai)\.")
_BEDROCK_VERSION = re.compile(r"-v\d+(:\d+){1,2}(k|:mm)?$")
_VERTEX_VERSION = re.compile(r"@(\d{8}|\d{3}|latest|default)$")
_ROUTING = re.compile(r":(beta|exacto|extended|floor|nitro|online|thinking)$")
_LOCAL_TAG = re.compile(r"^[^/:@]+:[^/:]+$")
_EFFORT = re.compile(r"^((?:gpt-\d|o\d).*)-(?:none|minimal|low|medium|high|xhigh)$")
_MAKERS = (("glm-", "zai"), ("text-embedding-", "openai"), ("chatgpt-", "openai"), ("codex-", "openai"))
"""Makers that the list does not tell by how a name begins."""
_LIST_PRICE = "the bare name alone: its maker's list price"
_PUBLISHER = re.compile(r"^(?:projects/[^/]+/locations/[^/]+/)?publishers/([^/]+)/models/")


class Lookup(NamedTuple):
    """One try: this name at this provider (None: whoever's names look so), and how it came about, for the user."""

    provider: str | None
    model: str
    rule: str


def clean(model: str) -> str:
    """The name without what says nothing about the price: letter case, blanks and Claude Code's ``[1m]``."""
    # Cut where it is no name any more, so that no pattern is tried on a long text.
    return _OPTION.sub("", model[: MAX_NAME + 2].strip().lower())


def is_local(model: str, provider: str | None) -> bool:
    """Whether this runs on a machine of one's own, where the same name at a provider would mislead."""
    name = clean(model)
    maker = (provider or "").strip().lower()
    if maker in LOCAL or name.split("/", 1)[0] in LOCAL or name.endswith(".gguf"):
        return True
    return not maker and bool(_LOCAL_TAG.match(name)) and not _is_known_colon(name)


def names(model: str) -> tuple[str, ...]:
    """The name as given and its plainer forms, for patterns to match; each once, lower case."""
    name = clean(model)
    bare = _bare(name)
    return tuple(dict.fromkeys((model[: MAX_NAME + 2].strip().lower(), name, name.rpartition("/")[2], bare)))


def lookups(model: str, provider: str | None) -> tuple[Lookup, ...]:
    """What to try, the best first; nothing for a local model or a name that cannot be one."""
    name = clean(model)
    if not name or len(name) > MAX_NAME or name.startswith("<") or is_local(model, provider):
        return ()
    maker = (provider or "").strip().lower() or None
    found = [Lookup(maker, name, "provider and name as recorded")] if maker else []
    found += _by_shape(name)
    if name.endswith(":free"):
        return tuple(_once([*found, Lookup("openrouter", name, "the name ends in :free")]))
    if maker:
        found += [Lookup(maker, _ROUTING.sub("", name), "the recorded provider, without the routing after the colon")]
    prefix, slash, rest = name.partition("/")
    if slash:
        found += [Lookup(prefix, rest, f"'{prefix}' before the name is the provider")]
        deeper, another, last = rest.partition("/")
        if another:
            found += [Lookup(deeper, last, f"'{deeper}' before the name is the provider")]
    bare = _bare(name)
    if maker:
        found += [Lookup(maker, bare, "the recorded provider, the bare name")]
    found += [Lookup(None, bare, _LIST_PRICE)]
    found += [Lookup(seller, bare, _LIST_PRICE) for begins, seller in _MAKERS if bare.startswith(begins)]
    if bare.startswith("claude"):
        dashed = re.sub(r"(?<=\d)\.(?=\d)", "-", bare)
        found += [Lookup("anthropic", dashed, "the bare name with dashes: its maker's list price")]
    if plainer := _EFFORT.match(bare):
        found += [Lookup("openai", plainer[1], "without the effort after the name: its maker's list price")]
    if slash and not maker:
        found += [Lookup("openrouter", name, "the maker before the name, as OpenRouter writes it")]
    return tuple(_once(found))


def _by_shape(name: str) -> list[Lookup]:
    """Where the name itself shows who served it."""
    if publisher := _PUBLISHER.match(name):
        rest = name[publisher.end() :]
        return [Lookup("google", _VERTEX_VERSION.sub(_dated, rest), "a name of Vertex")]
    if name.startswith("models/"):
        return [Lookup("google", name[len("models/") :], "a name of Google")]
    last = name.rpartition("/")[2]
    if name.startswith("arn:aws") or _BEDROCK_MAKER.match(_BEDROCK_REGION.sub("", last)):
        return [Lookup("aws", last, "a name of Bedrock")]
    if _VERTEX_VERSION.search(last):
        return [Lookup("google", _VERTEX_VERSION.sub(_dated, last), "a name of Vertex")]
    return []


def _bare(name: str) -> str:
    """The maker's own name: no path, region, maker, version or routing."""
    bare = name.rpartition("/")[2]
    bare = _BEDROCK_MAKER.sub("", _BEDROCK_REGION.sub("", bare))
    bare = _BEDROCK_VERSION.sub("", bare)
    return _ROUTING.sub("", _VERTEX_VERSION.sub(_dated, bare))


def _dated(version: re.Match[str]) -> str:
    return f"-{version[1]}" if version[1].isdigit() else ""


def _is_known_colon(name: str) -> bool:
    """Whether the colon is another's than Ollama's: Bedrock's version, a routing, a fine-tuned model."""
    ends = _BEDROCK_VERSION.search(name) or _ROUTING.search(name) or name.endswith((":free", ":batch"))
    return bool(ends) or name.startswith(("ft:", "arn:"))


def _once(found: list[Lookup]) -> list[Lookup]:
    first: dict[tuple[str | None, str], Lookup] = {}
    for lookup in found:
        first.setdefault((lookup.provider, lookup.model), lookup)
    return list(first.values())
