"""Why something asked of training is not done; each is a sentence for the user."""

from __future__ import annotations

from collections.abc import Mapping

from llm_service.errors import LlmServiceError


class BadStart(LlmServiceError):
    """What was sent cannot be used; `fields` says of each what is wrong. Nothing was sent on."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{name} {what}" for name, what in fields.items()))
        self.fields = dict(fields)


class AlreadyRuns(LlmServiceError):
    """One runs already: whoever wanted to start it looks at that one. `job` is its key, None where nobody knows it."""

    def __init__(self, sentence: str, job: str | None) -> None:
        super().__init__(sentence)
        self.job = job


class NoSuchJob(LlmServiceError):
    """No job is known by this key or id."""


class NotOffered(LlmServiceError):
    """The server has no way to do that with such a job."""


class HasEnded(LlmServiceError):
    """The job has ended; nothing can be asked of it any more."""


class ServerRefused(LlmServiceError):
    """The watched server answered, and said no."""


class ServerSilent(LlmServiceError):
    """The watched server did not answer as it should. Where it may have done it all the same, the sentence says so."""
