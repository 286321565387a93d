r"""Have a chat model paraphrase the chains of thought of one run: each different one is asked for once.

    python workflow_scripts/episodes/paraphrase_chains.py \
        --spec '{"paraphrase": {"model": "anthropic/claude-haiku-4-5", "max_tokens": 1024}}' \
        --chains results/mine/chains/s/base.parquet \
        --template workflow_scripts/assets/prompts/paraphrase.jinja --cache .skillift/mine/answers.sqlite \
        --out results/mine/paraphrases/s/base.parquet

`--spec` holds the entry `inference.interventions.paraphrase` of the study. The key comes from the environment
(here ANTHROPIC_API_KEY). Answers are kept in `--cache` and never asked for again. What a paraphrase has to be
to count as one: `skillift/episodes/paraphrases.py`.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from skillift.chat.client import add_client_options, open_client
from skillift.chat.failures import check_failed
from skillift.commands import parser, run
from skillift.contracts.interventions import CHAINS, PARAPHRASES
from skillift.episodes.paraphrases import failed, paraphrase_chains, read_template
from skillift.settings.chat_models import PARAPHRASER, Judging
from skillift.settings.command_options import given
from skillift.settings.specs import ParaphrasesSpec
from skillift.tables import read_table, write_table


def main(argv: list[str] | None = None) -> None:
    """Read the chains, ask, write the paraphrases."""
    arguments = parser(__doc__, ParaphrasesSpec)
    arguments.add_argument("--chains", type=Path, required=True, help="table of chains of the run")
    arguments.add_argument("--template", type=Path, required=True, help="template of the prompt")
    arguments.add_argument("--out", type=Path, required=True, help="table of paraphrases to write")
    add_client_options(arguments)
    options = arguments.parse_args(argv)
    limits = given(options, Judging)
    template, chains = read_template(options.template), read_table(options.chains, CHAINS)
    with open_client(options) as client:
        asked = (options.spec.paraphrase, template, client, limits.max_unparsed_in_a_row)
        paraphrases = paraphrase_chains(chains, *asked)
    check_failed(PARAPHRASER, failed(paraphrases), paraphrases.height, limits.max_failed_share)
    write_table(paraphrases, options.out, PARAPHRASES)


if __name__ == "__main__":
    run(main)
