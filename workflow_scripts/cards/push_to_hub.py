r"""Push the last checkpoint of a run, or a corpus, with its card to a private repository of the hub.

    python workflow_scripts/cards/push_to_hub.py --kind model --repository me/embedded-s-sft-s0 \
        --card cards/models/s/sft-s0.md --folder runs/s/sft-s0/checkpoints \
        --manifest runs/s/sft-s0/manifest.json --out pushed/s/sft-s0.json
    python workflow_scripts/cards/push_to_hub.py --kind dataset --repository me/embedded-worked \
        --card cards/corpora/worked.md --file corpus/worked.parquet --out pushed/corpora/worked.json

The token is read from HF_TOKEN. A repository that is made is private: whether the world may see it is not
for a workflow to decide.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from skillift.commands import run
from skillift.errors import UserError, problem
from skillift.tables import read_json, write_json


def main(argv: list[str] | None = None) -> None:
    """Upload the files and the card in one commit, and record it."""
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--kind", choices=("model", "dataset"), required=True)
    arguments.add_argument("--repository", required=True, help="<owner>/<name>")
    arguments.add_argument("--card", type=Path, required=True, help="Markdown file, pushed as README.md")
    arguments.add_argument("--folder", type=Path, help="checkpoints of a run")
    arguments.add_argument("--manifest", type=Path, help="manifest of the run")
    arguments.add_argument("--file", type=Path, help="a corpus")
    arguments.add_argument("--out", type=Path, required=True, help="JSON file that records the commit")
    options = arguments.parse_args(argv)
    owner, _, name = options.repository.partition("/")
    if not owner or not name:
        fix = "Set hub.owner in config.yaml to the account or organisation that is to own it."
        raise UserError(problem("--repository", options.repository, "<owner>/<name>", fix))

    from skillift.cards.upload import push

    if options.kind == "model":
        last = max(map(int, read_json(options.manifest)["steps"]))
        files = sorted((options.folder / f"step-{last}").iterdir())
    else:
        files = [options.file]
    commit = push(options.kind, options.repository, options.card, files)
    write_json({"repository": options.repository, "commit": commit}, options.out)


if __name__ == "__main__":
    run(main)
