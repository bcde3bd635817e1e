"""What simulated models say: texts by type of job and domain, and the texts of a hostile one."""

from __future__ import annotations

import random

TYPES = {
    "qa": "Q&A Pairs",
    "inst": "Instruction Set",
    "reason": "Reasoning Chain",
    "code": "Code Problems",
    "conv": "Conversations",
    "schema": "Schema Structured",
}
DOMAINS = ("AWS IAM", "Amazon S3", "VPC networking", "DynamoDB", "Lambda", "CloudWatch", "KMS", "EC2")
MODELS = ("claude-3-5-sonnet", "gpt-4o", "local/spark-model", "local/linux-model")
TOKENS = {
    "claude-3-5-sonnet": (15, 60),
    "gpt-4o": (25, 60),
    "local/spark-model": (10, 50),
    "local/linux-model": (10, 30),
}
"""How many tokens a model writes between two updates: it makes some quicker than others."""
AGENTS = {
    "qa": ("doc_agent", "search_agent"),
    "inst": ("doc_agent", "analysis_agent"),
    "reason": ("analysis_agent", "doc_agent"),
    "code": ("code_agent", "debug_agent"),
    "conv": ("doc_agent", "analysis_agent"),
    "schema": ("code_agent", "analysis_agent"),
}
_SAID = {
    "qa": (
        "Q: What happens in {d} when two statements disagree? A: An explicit deny wins, whatever is allowed. ",
        "Q: How is access to {d} limited to one account? A: By a condition on the principal's account in the policy. ",
        "Q: Which metric shows that {d} is throttled? A: The count of throttled requests, with an alarm on its rate. ",
    ),
    "inst": (
        "Instruction: set up {d} so that only the build role may write. Response: make a role, attach the policy. ",
        "Instruction: move {d} to another region without downtime. Response: replicate first, then switch the names. ",
    ),
    "reason": (
        "Step 1: list who may call {d}. Step 2: find the boundary that applies. Step 3: the narrower one counts. ",
        "Premise: {d} answers eventually. A read after a write may be old; therefore check the version. ",
    ),
    "code": (
        "def load(path):\n    with open(path) as file:\n        return [json.loads(line) for line in file]  # {d}\n",
        "for page in paginator.paginate():\n    for item in page['Items']:  # {d}\n        yield item['Id']\n",
    ),
    "conv": (
        "User: my {d} bill doubled, why? Assistant: let us look at the usage type that grew, hour by hour. ",
        "User: can {d} call itself? Assistant: it can, and a limit on depth keeps that from going on for ever. ",
    ),
    "schema": (
        '{{"service": "{d}", "action": "read", "effect": "allow", "conditions": ["mfa", "source-vpc"]}} ',
        '{{"service": "{d}", "difficulty": "medium", "citations": ["guide.pdf#12"], "grounding": "high"}} ',
    ),
}
ERRORS = (
    "model backend unavailable",
    "CUDA out of memory. Tried to allocate 2.50 GiB",
    "context length exceeded: 131072 tokens",
)


def kind_of(task: str, config: dict[str, object]) -> str:
    """The type of a job: from its config, else from its text; "qa" where neither says."""
    told = config.get("type")
    if isinstance(told, str) and told in TYPES:
        return told
    return next((kind for kind, label in TYPES.items() if label.lower() in task.lower()), "qa")


def domain_of(task: str, config: dict[str, object]) -> str:
    """The domain of a job: from its config, else what follows "domain:" in its text."""
    told = config.get("domain")
    return told if isinstance(told, str) and told else (task.partition("domain:")[2].strip() or "AWS")


def home_of(chance: random.Random, model: str) -> str:
    """The machine a run of this model is sent to: local models have their own."""
    if model.startswith("local/"):
        return "linux" if model == "local/linux-model" else "spark"
    return "linux" if chance.random() < 0.35 else "spark"


def saying(chance: random.Random, kind: str, domain: str) -> str:
    """Half a page of what an agent writes for this type and domain."""
    texts = _SAID[kind]
    return "".join(chance.choice(texts).format(d=domain) for _ in range(6))


def task_of(kind: str, domain: str, count: int) -> str:
    """The task's text as the operator pages write it."""
    return f"Generate {count} {TYPES[kind]} examples for domain: {domain}"
