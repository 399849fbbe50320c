"""Made-up runs for the tests of the reports: what rules, exchanges and verdicts there may be."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

from rich.console import Console

from contract_tests.results import Cost, FailingExchange, RuleVerdict, Run, Selection, Verdict
from gateway_contract.contract.load_contract import contract_path, load_contract
from gateway_contract.document.node import Place
from gateway_contract.rules.derive import derive_rules
from gateway_contract.rules.rule import FindingKind, ObservedConversion, Rule, RuleKind, failing
from gateway_contract.schema.constraint import Level
from gateway_contract.traffic.exchange import (
    Answer,
    Credential,
    Exchange,
    Headers,
    Image,
    NoAnswer,
    Observation,
    Request,
    UpstreamCall,
)
from gateway_contract.values.json_value import Json, read_json

TOKEN = "sk-client-4f9a8b7c6d5e"
UPSTREAM_KEY = "the-gateways-own-key-0123456789"  # nothing in its shape says that it is one
GATEWAY = "http://127.0.0.1:3000"
BODY: Json = {"model": "qwen-image-2.0-pro", "prompt": "a fox in snow [k7]", "seed": 0}
JSON_TYPE = ("Content-Type", "application/json")
CONTRACT = load_contract(contract_path("powerbuyin"))
RULES = tuple(derive_rules(CONTRACT))
DOCUMENTED = tuple(rule for rule in RULES if rule.level == "documented")
EXPECTED = tuple(rule for rule in RULES if rule.level == "expected")


def rule(name: str) -> Rule:
    return next(rule for rule in RULES if rule.id == f"powerbuyin/{name}")


def made_up_rule(name: str, level: Level = Level.DOCUMENTED, untestable: str | None = None) -> Rule:
    place = Place(Path("made-up.yaml"), 1)
    return Rule(
        f"powerbuyin/{name}", RuleKind.RANGE, None, level, None, "made up", place, lambda _: None, untestable=untestable
    )


def asking(
    body: Json = BODY, *headers: tuple[str, str], path: str = "/v1/images/generations", token: str = TOKEN
) -> Request:
    content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    told = (("Authorization", f"Bearer {token}"), JSON_TYPE, *headers)
    return Request("POST", path, told, content, body, Credential.RIGHT)


def carrying(content: bytes, *headers: tuple[str, str], credential: Credential = Credential.MISSING) -> Request:
    return Request("POST", "/v1/images/generations", headers, content, read_json(content), credential)


def answering(body: Json, status: int = 200, *headers: tuple[str, str]) -> Answer:
    return Answer(status, (JSON_TYPE, *headers), json.dumps(body).encode(), body, 0.25, 1_700_000_000.0)


def upstream_call(body: Json, path: str = "/api/v1/generation", *headers: tuple[str, str]) -> UpstreamCall:
    told: Headers = (("Authorization", f"Bearer {UPSTREAM_KEY}"), JSON_TYPE, *headers)
    return UpstreamCall("POST", path, told, body, 1_700_000_000.1, 200, ("a-fox",))


def image(link: str = "http://127.0.0.1:3000/a.png") -> Image:
    return Image("url", link, "image/png", "PNG", 1024, 1024, "ab" * 32, "a-fox")


def exchange(request: Request | None = None, answer: Answer | NoAnswer | None = None) -> Exchange:
    asked, answered = request or asking(), answer or answering({"created": 1, "data": []})
    return Exchange(asked, answered, (upstream_call({"input": 1}),), ((image(),),), name="0 for seed")


def failed(
    of: Rule,
    expected: str,
    observed: str,
    *exchanges: Exchange,
    of_all: int = 0,
    kind: FindingKind = FindingKind.OTHER,
    conversion: ObservedConversion | None = None,
) -> RuleVerdict:
    seen = exchanges or (exchange(),)
    finding = replace(failing(expected, observed, kind), conversion=conversion)
    failures = tuple(FailingExchange(one, finding) for one in seen)
    return RuleVerdict(of, Verdict.FAIL, max(of_all, len(seen)), failures, judged=max(of_all, len(seen)))


def passed(of: Rule) -> RuleVerdict:
    return RuleVerdict(of, Verdict.PASS, 4, judged=4)


def undecided(of: Rule, verdict: Verdict, reason: str) -> RuleVerdict:
    return RuleVerdict(of, verdict, 0 if verdict is Verdict.NOT_RUN else 3, (), reason)


BASELINE = asking({"model": "qwen-image-2.0-pro", "prompt": "a fox in snow [k7]"})
LOST_SEED = failed(
    rule("seed/preserves-0"),
    "0 at /parameters/seed",
    "dropped",
    exchange(),
    exchange(),
    of_all=9,
    kind=FindingKind.DROPPED,
)
CALLED_TWICE = failed(rule("upstream/one-call"), "one generation call", "2")


def run_of(*verdicts: RuleVerdict, strict: bool = False, not_tested: str = "", errors: tuple[str, ...] = ()) -> Run:
    cost = Cost(requests=212, images=61, images_asked=140, images_billed=61, upstream_calls=58)
    return Run(
        contract="powerbuyin",
        contract_digest=CONTRACT.digest,
        gateway=GATEWAY,
        observed=Observation.TWO_SIDED,
        seed=1,
        started_at=datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC),
        seconds=3.14159,
        cost=cost,
        verdicts=verdicts,
        baseline=BASELINE,
        selection=Selection("", len(RULES), len(RULES)),
        strict=strict,
        not_tested=not_tested,
        our_errors=errors,
    )


def clean_run() -> Run:
    return run_of(*map(passed, RULES))


def mixed_run(*, strict: bool = False) -> Run:
    """Something of everything."""
    unseen = (undecided(one, Verdict.INCONCLUSIVE, "the images cannot be told apart") for one in EXPECTED[:1])
    unsent = (undecided(one, Verdict.NOT_RUN, "no request led to a verdict") for one in DOCUMENTED[20:25])
    return run_of(CALLED_TWICE, LOST_SEED, *unseen, *unsent, *map(passed, DOCUMENTED[:20]), strict=strict)


def console(width: int = 120) -> Console:
    return Console(file=StringIO(), width=width, force_terminal=False)


def text_of(printed: Console) -> str:
    assert isinstance(printed.file, StringIO)
    return printed.file.getvalue()
