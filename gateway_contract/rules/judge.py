"""The one judge: every rule that an exchange bears on judges it, wherever the exchange came from."""

from collections.abc import Iterable
from dataclasses import dataclass

from gateway_contract.contract.definition import Contract
from gateway_contract.rules.connection_rules import kept_connection_works
from gateway_contract.rules.rule import Finding, Rule, evidence_of
from gateway_contract.traffic.exchange import Exchange
from gateway_contract.traffic.statuses import is_throttled


@dataclass(frozen=True, slots=True)
class Judgement:
    """A finding with the rule and the exchange it belongs to."""

    rule: Rule
    exchange: Exchange
    finding: Finding


@dataclass(frozen=True, slots=True)
class JudgeError:
    """A rule that raised instead of judging: our error, never the gateway's."""

    rule: Rule
    exchange: Exchange
    error: Exception


def judge(contract: Contract, rules: Iterable[Rule], exchange: Exchange) -> tuple[Judgement | JudgeError, ...]:
    """What each rule that the exchange bears on says of it."""
    evidence = evidence_of(contract, exchange)
    judged: list[Judgement | JudgeError] = []
    retry_later, is_connections_fault = is_throttled(exchange.answer), exchange.is_connections_fault
    for rule in rules:
        if rule.skips_retry_later and retry_later:
            continue
        if is_connections_fault and rule.judge is not kept_connection_works:
            continue  # what came over the connection is not the response to this request
        try:
            finding = rule.judge(evidence)
        except Exception as error:  # noqa: BLE001 # one broken rule must not silence the others; it is reported apart
            judged.append(JudgeError(rule, exchange, error))
        else:
            if finding is not None:
                judged.append(Judgement(rule, exchange, finding))
    return tuple(judged)
