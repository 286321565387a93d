r"""Say what a study's calls over APIs would cost at most, before anything is asked.

    python workflow_scripts/costs/estimate_costs.py --study studies/embedded.yaml

Or what a number of judgments would cost, without a study; a price (input/output, USD per million tokens) may
stand after the model:

    python workflow_scripts/costs/estimate_costs.py --judgments 2800 --prompt-tokens 1000 \
        --judge anthropic/claude-opus-4-8 --judge openrouter/openai/gpt-5.4=2.5/15

No rule calls this. It makes no call and needs no key. Prints a Markdown table, or `--json`.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pydantic import ValidationError

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from skillift.chat.client import ChatModel
from skillift.commands import run
from skillift.costs.estimate import VERDICT_TOKENS, Cost, cost_of_calls, cost_table, study_costs
from skillift.episodes.study_tasks import tasks_of
from skillift.settings.chat_models import AskedModel
from skillift.study.study import load_study


def main(argv: list[str] | None = None) -> None:
    """Estimate, and print the estimate."""
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    what = arguments.add_mutually_exclusive_group(required=True)
    what.add_argument("--study", type=Path, help="study file")
    what.add_argument(
        "--judgments", type=int, help="number of judgments of each --judge, in place of a study"
    )
    arguments.add_argument(
        "--judge",
        type=priced_model,
        action="append",
        default=[],
        metavar="MODEL[=INPUT/OUTPUT]",
        help="a judge",
    )
    arguments.add_argument("--prompt-tokens", type=int, help="tokens of a judge's prompt, with --judgments")
    arguments.add_argument(
        "--response-tokens", type=int, help="tokens of a judged response (default: max_tokens)"
    )
    arguments.add_argument(
        "--verdict-tokens",
        type=int,
        default=VERDICT_TOKENS,
        help="tokens of a judge's reply (default: %(default)s)",
    )
    arguments.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = arguments.parse_args(argv)
    if options.judgments is not None and not (options.judge and options.prompt_tokens):
        arguments.error("--judgments needs --judge and --prompt-tokens")
    if options.study:
        study = load_study(options.study)
        costs = study_costs(study, *tasks_of(study), options.response_tokens, options.verdict_tokens)
    else:
        costs = _judgments(options)
    if options.json:
        json.dump([asdict(cost) for cost in costs], sys.stdout, indent=2)
        print()
    else:
        print(cost_table(costs), end="")


def priced_model(text: str) -> ChatModel:
    """`MODEL` or `MODEL=INPUT/OUTPUT` (USD per million tokens); for use as an argparse type."""
    model, equals, prices = text.partition("=")
    entry: dict[str, Any] = {"model": model}
    if equals:
        try:
            given = [float(usd) for usd in prices.split("/")]
            entry["price"] = dict(zip(("input_per_million", "output_per_million"), given, strict=True))
        except ValueError:
            raise argparse.ArgumentTypeError(f"found {text!r}, expected MODEL=INPUT/OUTPUT") from None
    try:
        return ChatModel.from_entry(AskedModel(**entry), "--judge")
    except ValidationError:
        expected = "<provider>/<model> as litellm names it, with prices of 0 or more"
        raise argparse.ArgumentTypeError(f"found {text!r}, expected {expected}") from None


def _judgments(options: argparse.Namespace) -> list[Cost]:
    number = options.judgments
    return [
        cost_of_calls(
            "verdicts", model, number, number * options.prompt_tokens, number * options.verdict_tokens
        )
        for model in options.judge
    ]


if __name__ == "__main__":
    run(main)
