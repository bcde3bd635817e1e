"""The form of a launch: whole and judged before anything is sent (ranges: PROTOCOLS 1.2), then the body to send."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from llm_service.core.bobspark.fields import clean

TYPES = {
    "qa": "Q&A Pairs",
    "inst": "Instruction Set",
    "reason": "Reasoning Chain",
    "code": "Code Problems",
    "conv": "Conversations",
    "schema": "Schema Structured",
}
"""Job types that the server knows, and what its pages call them."""
MOST_WORKERS = 18
MOST_TASK = 4_000
MOST_PROMPT = 20_000
MOST_NAME = 200
FIELDS = (
    *("batch", "source", "task", "type", "domain", "count", "model", "node"),
    *("workers", "max_iter", "temperature", "queued", "system_prompt"),
)


class LaunchRefused(ValueError):
    """A form that is not sent: for each wrong field a sentence."""

    def __init__(self, fields: dict[str, str]) -> None:
        super().__init__("; ".join(fields.values()))
        self.fields = fields


class Launching(NamedTuple):
    """A judged form."""

    batch: str
    source: str
    workers: int
    task: str
    type: str | None
    domain: str | None
    examples: int
    model: str
    node: str | None
    max_iter: int
    temperature: float
    queued: bool
    system_prompt: str | None

    @property
    def config(self) -> dict[str, Any]:
        """The part of the body that the server keeps beside the run."""
        told = {
            "temperature": self.temperature,
            "domain": self.domain,
            "type": self.type,
            "count": self.examples,
            "node": self.node,
            "system_prompt": self.system_prompt,
        }
        return {name: value for name, value in told.items() if value is not None}

    @property
    def body(self) -> dict[str, Any]:
        """What is posted for each worker."""
        return {
            "task": self.task,
            "model": self.model,
            "max_iter": self.max_iter,
            "queued": self.queued,
            "config": self.config,
        }


def read_launch(form: object, sources: Sequence[str]) -> Launching:
    """The form as it came; `sources` are the servers there are. Raises `LaunchRefused` with every wrong field."""
    if not isinstance(form, Mapping):
        raise LaunchRefused({"batch": 'send a JSON object, as in {"batch": "…", "model": "gpt-4o", "domain": "AWS"}'})
    wrong: dict[str, str] = {
        str(name)[:60]: f"{str(name)[:60]} is no field of a launch" for name in form if name not in FIELDS
    }
    read = _Form(form, wrong)
    kind = read.choice("type", tuple(TYPES), None)
    domain = read.text("domain", MOST_NAME)
    count = read.whole("count", 1, 10_000, 100)
    launching = Launching(
        batch=read.text("batch", 100, needed="an id chosen by the caller, so that sending twice is one batch") or "",
        source=_source(read, sources),
        workers=read.whole("workers", 1, MOST_WORKERS, 1),
        task=read.text("task", MOST_TASK) or _task_of(kind, domain, count, wrong),
        type=kind,
        domain=domain,
        examples=count,
        model=read.text("model", MOST_NAME, needed="the model that is to work") or "",
        node=read.text("node", 60),
        max_iter=read.whole("max_iter", 1, 200, 20),
        temperature=read.number("temperature", 0, 2, 0.8),
        queued=read.switch("queued"),
        system_prompt=read.text("system_prompt", MOST_PROMPT),
    )
    if wrong:
        raise LaunchRefused(wrong)
    return launching


def _task_of(kind: str | None, domain: str | None, count: int, wrong: dict[str, str]) -> str:
    """The task in the words of the server's own pages."""
    if domain is None and "domain" not in wrong and "task" not in wrong:
        wrong["domain"] = "domain is needed where there is no task: what the examples are about"
    return f"Generate {count} {TYPES[kind or 'qa']} examples for domain: {domain}"


def _source(read: _Form, sources: Sequence[str]) -> str:
    if not sources:
        read.wrong["source"] = "no server is watched; start with --bobspark URL"
        return ""
    if read.form.get("source") in (None, ""):
        if len(sources) > 1:
            read.wrong["source"] = f"source is needed, as there are {', '.join(sources)}"
        return sources[0]
    return read.choice("source", sources, sources[0]) or ""


class _Form:
    """Reads fields; what is wrong with one is noted and a stand-in returned."""

    def __init__(self, form: Mapping[str, Any], wrong: dict[str, str]) -> None:
        self.form = form
        self.wrong = wrong

    def text(self, name: str, most: int, needed: str | None = None) -> str | None:
        value = self.form.get(name)
        if value is None or (isinstance(value, str) and not value.strip()):
            if needed:
                self.wrong[name] = f"{name} is needed: {needed}"
            return None
        if not isinstance(value, str):
            self.wrong[name] = f"{name} is {_shown(value)}; allowed is a text"
        elif len(value.strip()) > most:
            self.wrong[name] = f"{name} has {len(value.strip()):,} characters; allowed are {most:,}"
        elif "\x00" in value or (most <= MOST_NAME and not value.strip().isprintable()):
            self.wrong[name] = f"{name} holds a character that cannot be shown"
        else:
            return clean(value.strip())
        return None

    def choice(self, name: str, choices: Sequence[str], default: str | None) -> str | None:
        value = self.form.get(name)
        if value is None or value == "":
            return default
        if value not in choices:
            self.wrong[name] = f"{name} is {_shown(value)}; allowed are {', '.join(choices)}"
            return default
        return str(value)

    def whole(self, name: str, least: int, most: int, default: int) -> int:
        value = self._in_range(name, least, most, default, "a whole number", lambda number: number % 1 == 0)
        return int(value)

    def number(self, name: str, least: float, most: float, default: float) -> float:
        return float(self._in_range(name, least, most, default, "a number", lambda _: True))

    def switch(self, name: str) -> bool:
        value = self.form.get(name)
        if value is None or isinstance(value, bool):
            return bool(value)
        self.wrong[name] = f"{name} is {_shown(value)}; allowed are true and false"
        return False

    def _in_range(
        self, name: str, least: float, most: float, default: float, what: str, fits: Callable[[float], bool]
    ) -> float:
        value = self.form.get(name)
        if value is None or value == "":
            return default
        if (
            isinstance(value, bool)
            or not isinstance(value, (int, float))
            or not least <= value <= most
            or not fits(value)
        ):
            self.wrong[name] = f"{name} is {_shown(value)}; allowed is {what} from {least:g} to {most:,.10g}"
            return default
        return value


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
