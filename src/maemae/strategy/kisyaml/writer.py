"""Writing `*.kis.yaml` so that both official tools read it as it is meant."""

from typing import Any

import yaml

from maemae.strategy.kisyaml.document import CandleTest, Comparison, Document, Group, ParamSpec


def to_text(document: Document) -> str:
    """Return the text of the file, in the portable spelling wherever there is one."""
    strategy: dict[str, Any] = {"id": document.id, "category": document.category}
    if document.params:
        strategy["params"] = {name: _param(spec) for name, spec in document.params.items()}
    strategy["indicators"] = [
        {"id": use.id, "alias": use.alias}
        | ({"name": use.name} if use.name else {})
        | {"params": dict(use.params)}
        | ({"output": use.output} if use.output != "value" else {})
        for use in document.indicators
    ]
    if document.candlesticks:
        strategy["candlesticks"] = [
            {"id": use.id, "alias": use.alias} for use in document.candlesticks
        ]
    strategy["entry"] = _group(document.entry)
    strategy["exit"] = _group(document.exit)
    risk = document.risk
    limits: dict[str, Any] = {
        key: {"enabled": True, "percent": getattr(risk, key)}
        for key in ("stop_loss", "take_profit", "trailing_stop")
        if getattr(risk, key) is not None
    }
    if risk.max_position_size is not None:
        limits["max_position_size"] = risk.max_position_size
    whole = {
        "version": document.version,
        "metadata": {
            "name": document.name,
            "description": document.description,
            "author": document.author,
            "tags": list(document.tags),
        },
        "strategy": strategy,
        "risk": limits,
    }
    text: str = yaml.safe_dump(whole, allow_unicode=True, sort_keys=False, width=100)
    return text


def _param(spec: ParamSpec) -> dict[str, Any]:
    fields = {"default": spec.default, "min": spec.low, "max": spec.high}
    fields |= {"type": spec.type or None, "description": spec.description or None}
    return {key: value for key, value in fields.items() if value is not None}


def _group(group: Group) -> dict[str, Any]:
    return {"logic": group.logic, "conditions": [_condition(test) for test in group.conditions]}


def _condition(test: Comparison | CandleTest) -> dict[str, Any]:
    if isinstance(test, CandleTest):
        return {"candlestick": test.candlestick, "signal": test.signal}
    fields: dict[str, Any] = {"indicator": test.indicator}
    if test.output != "value":
        fields["output"] = test.output
    fields |= {"operator": test.operator, "compare_to": test.right}
    if test.right_output != "value":
        fields["compare_output"] = test.right_output
    if test.scalar is not None:
        fields |= {"compare_scalar": test.scalar, "compare_operation": test.operation}
    return fields
