"""What is wrong with a study file: what to replace in the embedded study, and what its problem must say."""

from __future__ import annotations

from study_files import EMBEDDED, TEACHER

OF_FAMILIES = "    suites: {{transfer: {{skills: 2, per_skill: 1, families: {{{}}}}}}}\n"
PACKAGE = f"tier: 9, source: package, licence: MIT, sha256: {'ab' * 32}"
PART = "{package: a, version: 1.0.0, file: m.part1}"
PART2 = "{package: b, version: 1.0.0, file: m.part2}"
BAD_STUDIES = {
    "an unknown key": (
        ("  learning_rate: 5.0e-3", "  lerning_rate: 5.0e-3"),
        ["recipes.sft.lerning_rate: found an unknown key", "Did you mean 'learning_rate'?"],
    ),
    "a missing key": (("rows: 353, condition", "condition"), ["corpora.worked: found no key 'rows'"]),
    "a misspelt condition": (
        ("[none, curated, placebo", "[none, curated, placbo"),
        ["conditions[2]: found 'placbo', expected one of none, curated, placebo", "Did you mean 'placebo'?"],
    ),
    "a condition that is missing": (("[none, curated,", "[none,"), ["found no condition 'curated'"]),
    "a cut that no metric is of": (
        ("inference:\n", "inference:\n  interventions: {conditions: [curated, none], cuts: [0.25, 0.33]}\n"),
        ["inference.interventions.cuts[1]: found 0.33, expected a multiple of 0.05"],
    ),
    "interventions without the condition that is claimed of": (
        ("inference:\n", "inference:\n  interventions: {conditions: [none]}\n"),
        ["inference.interventions.conditions: found no condition 'curated'", "Add curated."],
    ),
    "a cut of the whole chain": (
        ("inference:\n", "inference:\n  interventions: {cuts: [1.0]}\n"),
        ["inference.interventions.cuts[0]: found 1.0, expected a number"],
    ),
    "interventions on a protocol that there is not": (
        ("inference:\n", "inference:\n  interventions: {protocol: sampling}\n"),
        ["inference.interventions.protocol: found 'sampling', expected"],
    ),
    "a paraphraser without the kind": (
        (
            "inference:\n",
            "inference:\n  interventions: {kinds: [early], paraphrase: {model: openai/gpt-4o}}\n",
        ),
        ["inference.interventions.paraphrase: found the key 'paraphrase', expected no such key without"],
    ),
    "a paraphraser of chains in a block of reasoning": (
        (
            "  thinking: false\n",
            "  thinking: true\n  interventions: {paraphrase: {model: openai/gpt-4o}}\n",
        ),
        ["inference.interventions.paraphrase: found a chat model for chains in a block", "thinking to false"],
    ),
    "a paraphraser that is a judge's program": (
        ("inference:\n", "inference:\n  interventions: {paraphrase: {model: offline/tail}}\n"),
        ["inference.interventions.paraphrase.model: found 'offline/tail', expected a model of another"],
    ),
    "a paraphraser whose template has another purpose": (
        (
            "inference:\n",
            "inference:\n  interventions: {paraphrase: {model: openai/gpt-4o, template: teacher.jinja}}\n",
        ),
        ["inference.interventions.paraphrase.template: found teacher.jinja without {{ chain }}, expected"],
    ),
    "paraphrases that may have no letter": (
        ("inference:\n", "inference:\n  interventions: {paraphrase: {model: openai/gpt-4o, longest: 0}}\n"),
        ["inference.interventions.paraphrase.longest: found 0, expected a number"],
    ),
    "a condition twice": (("shuffled, filler]", "shuffled, none]"), ["conditions[4]: found 'none'", "once"]),
    "text for a number": (
        ("    learning_rate: 5.0e-3", "    learning_rate: '2e-5'"),
        ["recipes.sft.learning_rate: found '2e-5', expected a number above 0", "Write 2e-5 without quotes."],
    ),
    "a quoted number": (("batch_size: 16", 'batch_size: "16"'), ["found '16'", "Write 16 without quotes."]),
    "a decimal comma": (
        ("confidence: 0.95", "confidence: 0,95"),
        ["found '0,95'", "Write 0.95 without quotes."],
    ),
    "a switch as YAML had it before 1.2": (
        ("thinking: false", "thinking: no"),
        ["inference.thinking: found 'no', expected true or false", "Write false."],
    ),
    "nothing for an optional key": (
        ("    label: 46 k", "    label:"),
        ["students.s.label: found nothing, expected one line of at most 80 characters"],
    ),
    "an unknown source": (
        ("    tier: 2\n    source: scratch", "    tier: two\n    source: scrach"),  # codespell:ignore scrach
        ["students.m.source: found 'scrach', expected one of scratch, path", "Did you mean 'scratch'?"],
    ),
    "what else is wrong with an entry of an unknown kind": (
        ("    tier: 2\n    source: scratch", "    tier: two\n    source: scrach"),  # codespell:ignore scrach
        ["students.m.tier: found 'two', expected a whole number at least 1"],
    ),
    "a share in percent": (("confidence: 0.95", "confidence: 95%"), ["found '95%'", "Write 0.95."]),
    "a negative rate": (
        ("    learning_rate: 5.0e-3", "    learning_rate: -5.0e-3"),
        ["recipes.sft.learning_rate: found -0.005, expected a number above 0"],
    ),
    "a share of one": (
        ("corrupted_share: 0.1", "corrupted_share: 1"),
        ["found 1, expected a number", "below 1"],
    ),
    "not a number": (("confidence: 0.95", "confidence: .nan"), ["analysis.confidence: found nan", "finite"]),
    "a margin of nothing": (
        ("recipe_tie: 0.02", "recipe_tie: 0"),
        ["analysis.margins.recipe_tie: found 0, expected a number above 0 and at most 1"],
    ),
    "a margin of no claim": (
        ("recipe_tie: 0.02", "recipe_ties: 0.02"),
        ["analysis.margins.recipe_ties: found an unknown key", "Did you mean 'recipe_tie'?"],
    ),
    "a recipe naming a missing corpus": (
        ("    corpus: worked", "    corpus: workd"),  # codespell:ignore workd
        ["recipes.sft.corpus: found 'workd', expected a key of `corpora`", "Did you mean 'worked'?"],
    ),
    "a recipe called base": (("  sft:\n", "  base:\n"), ["recipes.base: found 'base', expected another id"]),
    "a recipe that ends like a seed": (("  sft:\n", "  sft-s1:\n"), ["recipes.sft-s1", "<recipe>-s<seed>"]),
    "a run of an unknown recipe": (("{recipe: sft,", "{recipe: dpo,"), ["runs[0].recipe: found 'dpo'"]),
    "a run of an unknown student": (("[s, m, l]", "[s, m, xl]"), ["runs[0].students[2]: found 'xl'"]),
    "a run declared twice": (
        ("{recipe: answer_only, students: [s]", "{recipe: sft, students: [s]"),
        ["runs[1].students[0]: found the run sft-s0 of s again"],
    ),
    "a seed twice": (
        ("seeds: [0, 1]", "seeds: [1, 1]"),
        ["runs[0].seeds[1]: found 1, expected every item once"],
    ),
    "a negative seed": (("seeds: [0, 1]", "seeds: [0, -1]"), ["runs[0].seeds[1]: found -1"]),
    "a student id with a slash": (
        ("\n  m:\n", "\n  qwen/m:\n"),
        ["students.qwen/m: found 'qwen/m', expected an id", "Write 'qwen-m'."],
    ),
    "a student id that is a folder of the workflow": (
        ("\n  m:\n", "\n  tokenizer:\n"),
        ["students.tokenizer"],
    ),
    "a student id that YAML takes for a number": (
        ("\n  m:\n", "\n  4:\n"),
        ["students.4", 'Put it in quotes: "4".'],
    ),
    "a tier twice": (("tier: 2", "tier: 1"), ["students.m.tier: found 1, expected a tier of its own"]),
    "a label twice": (("label: 116 k", "label: 46 k"), ["students.m.label: found '46 k'"]),
    "heads that kv_heads do not divide": (
        ("heads: 4, kv_heads: 2", "heads: 4, kv_heads: 3"),
        ["students.l.architecture.kv_heads: found 3, expected a divisor of heads (4)"],
    ),
    "a model folder that is missing": (
        ("references: {}", "references: {big: {tier: 4, source: path, path: models/big}}"),
        ["references.big.path: found 'models/big', expected a model folder"],
    ),
    "a reference model with a student's id": (
        ("references: {}", "references: {s: {tier: 4, source: path, path: .}}"),
        ["references.s: found 's', expected an id that no student has"],
    ),
    "a student without its source's keys": (
        ("    pretraining: {steps: 1300, learning_rate: 6.0e-3, seed: 0}\n", ""),
        ["students.s: found no key 'pretraining'"],
    ),
    "a key of another source": (
        ("    label: 46 k\n", "    path: models/s\n"),
        ["students.s.path: found the key 'path', expected no such key with source: scratch"],
    ),
    "a package without its digest and licence": (
        ("references: {}", "references: {p: {tier: 9, source: package, package: a, version: 1.0.0}}"),
        ["references.p: found no key 'sha256', expected a SHA-256"],
    ),
    "a package without a file": (
        ("references: {}", f"references: {{p: {{{PACKAGE}, package: a, version: 1.0.0}}}}"),
        ["references.p: found no key 'file', expected the name of a GGUF file"],
    ),
    "a package whose version is a number": (
        ("references: {}", f"references: {{p: {{{PACKAGE}, package: a, version: 1.0, file: a.gguf}}}}"),
        ["references.p.version: found 1.0, expected one version, in quotes, such as '1.0.0'. Put it in quot"],
    ),
    "a package whose version ends with a line break": (
        (
            "references: {}",
            f'references: {{p: {{{PACKAGE}, package: a, version: "1.0\\n", file: a.gguf}}}}',
        ),
        ["references.p.version: found '1.0\\n', expected one version, in quotes, such as '1.0.0'"],
    ),
    "a package of the latest version": (
        ("references: {}", f"references: {{p: {{{PACKAGE}, package: a, version: latest, file: a.gguf}}}}"),
        ["references.p.version: found 'latest', expected one version, in quotes, such as '1.0.0'"],
    ),
    "a single part": (
        ("references: {}", f"references: {{p: {{{PACKAGE}, parts: [{PART}]}}}}"),
        ["references.p.parts: found [{", "expected a list of at least 2"],
    ),
    "a part twice": (
        ("references: {}", f"references: {{p: {{{PACKAGE}, parts: [{PART}, {PART}]}}}}"),
        ["references.p.parts[1]: found {", "expected every item once"],
    ),
    "packages in parts and alone": (
        ("references: {}", f"references: {{p: {{{PACKAGE}, version: 1.0.0, parts: [{PART}, {PART2}]}}}}"),
        ["references.p.version: found the key 'version', expected no such key beside `parts`"],
    ),
    "weights of a package that are no GGUF file": (
        ("references: {}", f"references: {{p: {{{PACKAGE}, package: a, version: 1.0.0, file: a.bin}}}}"),
        ["references.p.file: found 'a.bin', expected the name of a GGUF file, such as model-Q4_1.gguf"],
    ),
    "a GGUF file of a hub's model beside a path": (
        ("references: {}", "references: {big: {tier: 9, source: path, path: ., file: m.gguf}}"),
        ["references.big.file: found the key 'file', expected no such key with source: path"],
    ),
    "a difficulty that there is not": (
        ("difficulty: tiny", "difficulty: hard"),
        ["tasks.pack.difficulty: found 'hard', expected one of tiny, easy, standard"],
    ),
    "more skills than the pack has": (
        ("    judge_scored: 33", "    skills: 41\n    judge_scored: 33"),
        ["tasks.pack.skills: found 41, expected a whole number at least 2 and at most 40"],
    ),
    "a pack without a holdout": (
        ("dev: 5, holdout: 5}", "dev: 5}"),
        ["tasks.pack.per_skill: found no key 'holdout', expected a whole number at least 1"],
    ),
    "a family of optimisation that there is not": (
        ("    judge_scored: 33", f"{OF_FAMILIES.format('sudoku: 1')}    judge_scored: 33"),
        ["families.sudoku: found an unknown key 'sudoku', expected one of knapsack, assignment"],
    ),
    "no holdout tasks": (("holdout: 5}", "holdout: 0}"), ["tasks.pack.per_skill.holdout: found 0"]),
    "more judge-scored tasks than holdout tasks": (
        ("judge_scored: 33", "judge_scored: 201"),
        ["tasks.pack.judge_scored: found 201, expected at most the number of holdout tasks (200)"],
    ),
    "families of optimisation for students from scratch": (
        (
            "    judge_scored: 33",
            f"{OF_FAMILIES.format('knapsack: 2')}    judge_scored: 33",
        ),
        [
            "tasks.pack.suites.transfer.families: found families at the difficulty tiny, expected the "
            "difficulty easy or standard"
        ],
    ),
    "more skills of a family than there are": (
        (
            "    judge_scored: 33",
            f"{OF_FAMILIES.format('assignment: 10')}    judge_scored: 33",
        ),
        ["tasks.pack.suites.transfer.families.assignment: found 10"],
    ),
    "a corpus larger than its demonstrations": (
        ("worked: {rows: 353", "worked: {rows: 441"),
        ["corpora.worked.rows: found 441, expected at most 440 (one demonstration of each"],
    ),
    "own tasks beside the pack that are not there": (
        ("tasks:\n", "tasks:\n  files: {tasks: t.jsonl, skills: s.yaml}\n"),
        ["tasks.files.tasks: found 't.jsonl', expected a file"],
    ),
    "no source of tasks": (
        (EMBEDDED[EMBEDDED.index("tasks:\n") : EMBEDDED.index("conditions:")], "tasks: {}\n\n"),
        ["tasks: found no key, expected at least one of pack, files"],
    ),
    "corpora without a teacher": (
        (
            EMBEDDED[EMBEDDED.index("teacher:") : EMBEDDED.index("corpora:")],
            "",
        ),
        ["corpora: found corpora without a teacher"],
    ),
    "an unknown primary judge": (
        ("primary_judge: conclusion", "primary_judge: c"),
        ["primary_judge: found 'c'"],
    ),
    "a judge's template that is missing": (
        ("offline/tail,", "offline/tail, template: jugde.jinja,"),
        ["judges.tail.template: found 'jugde.jinja', expected a file of", "Did you mean 'judge.jinja'?"],
    ),
    "an offline judge that is none": (
        ("{model: offline/tail", "{model: offline/tale"),
        ["judges.tail.model: found 'offline/tale'", "Did you mean 'offline/tail'?"],
    ),
    "a price that is text": (
        ("{model: offline/tail,", "{model: a/b, price: {input_per_million: 2$, output_per_million: 1.0},"),
        ["judges.tail.price.input_per_million: found '2$', expected a number at least 0"],
    ),
    "a price without one side": (
        ("{model: offline/tail,", "{model: a/b, price: {input_per_million: 2.0},"),
        ["judges.tail.price: found no key 'output_per_million'", "Add 'output_per_million: ...'."],
    ),
    "an address without http": (
        ("{model: offline/tail,", "{model: hosted_vllm/q, api_base: 'localhost:8000/v1',"),
        ["judges.tail.api_base: found 'localhost:8000/v1', expected an address", "http://localhost:8000/v1"],
    ),
    "a teacher of an unknown kind": (
        ("kind: worked_solution", "kind: llm"),
        ["teacher.kind: found 'llm', expected one of worked_solution, api"],
    ),
    "a teacher behind an API without its model": (
        (TEACHER, "teacher: {kind: api, attempts: 2}\n\n"),
        ["teacher: found no key 'model'", "expected a model as litellm names it", "Add 'model: ...'."],
    ),
    "a key of another kind of teacher": (
        (TEACHER, "teacher: {kind: api, model: a/b, corrupted_share: 0.1}\n\n"),
        ["teacher.corrupted_share: found the key 'corrupted_share', expected no such key with kind: api"],
    ),
    "a model for a teacher without one": (
        ("kind: worked_solution", "kind: worked_solution\n  model: a/b"),
        ["teacher.model: found the key 'model', expected no such key with kind: worked_solution"],
    ),
    "a teacher whose template is a judge's": (
        (TEACHER, "teacher: {kind: api, model: a/b, template: judge.jinja}\n\n"),
        ["teacher.template: found judge.jinja without {{ prompt }}", "Write {{ prompt }} in the template"],
    ),
    "a judge whose template is a teacher's": (
        ("offline/tail,", "offline/tail, template: teacher.jinja,"),
        ["judges.tail.template: found teacher.jinja without {{ task }}, {{ reference }}, {{ response }}"],
    ),
    "a teacher asked twice for the same answer": (
        (TEACHER, "teacher: {kind: api, model: a/b, temperature: 0, attempts: 2}\n\n"),
        ["teacher.attempts: found 2, expected 1 attempt at temperature 0", "Raise teacher.temperature."],
    ),
    "an offline judge as a teacher": (
        (TEACHER, "teacher: {kind: api, model: offline/tail}\n\n"),
        ["teacher.model: found 'offline/tail'", "they answer no tasks"],
    ),
    "a reference model without its model": (
        ("references: {}", "references: {big: {tier: 9, source: api, label: Big}}"),
        ["references.big: found no key 'model'"],
    ),
    "a reference model with a student's key": (
        ("references: {}", "references: {big: {tier: 9, source: api, model: a/b, path: big}}"),
        ["references.big.path: found the key 'path', expected no such key with source: api"],
    ),
    "an address for the name of a model of the hub": (
        (
            "references: {}",
            "references: {q: {tier: 9, source: hub, model: 'https://huggingface.co/Qwen/Q-1B'}}",
        ),
        ["references.q.model: found 'https://huggingface.co/Qwen/Q-1B'", "Write Qwen/Q-1B."],
    ),
    "a student of the hub without its owner": (
        ("  s:\n", "  q: {tier: 9, source: hub, model: gpt2}\n  s:\n"),
        [
            "students.q.model: found 'gpt2', expected a model of the hub as <owner>/<name>",
            "its owner, a slash",
        ],
    ),
    "a folder for the name of a model of the hub": (
        ("  s:\n", "  q: {tier: 9, source: hub, model: ../my/model}\n  s:\n"),
        ["students.q.model: found '../my/model'", "write `source: path` and its `path`"],
    ),
    "a digest in capitals": (
        ("  s:\n", f"  q: {{tier: 9, source: hub, model: a/b, digests: {{w: {'AB' * 32}}}}}\n  s:\n"),
        ["students.q.digests.w: found", "expected a SHA-256", f"Write {'ab' * 32}."],
    ),
    "a student behind an API": (
        ("    label: 46 k\n    tier: 1\n    source: scratch", "    tier: 1\n    source: api"),
        ["students.s.source: found 'api', expected one of scratch, path"],
    ),
    "no judges": (
        (
            "judges:\n  conclusion: {model: offline/conclusion, max_tokens: 256}\n"
            "  tail: {model: offline/tail, max_tokens: 256}",
            "judges: {}",
        ),
        ["judges: found {}, expected a mapping, not empty"],
    ),
    "a headline path that is none": (
        ("headline_path: judge:conclusion", "headline_path: judge:conclusions"),
        ["analysis.headline_path", "Did you mean 'judge:conclusion'?"],
    ),
    "train as an evaluated suite": (
        ("suites: [holdout]", "suites: [train]"),
        ["inference.suites[0]: found 'train'"],
    ),
    "a suite that the pack does not fill": (
        ("suites: [holdout]", "suites: [holdout, transfer]"),
        ["inference.suites[1]: found 'transfer', expected a suite that the task pack fills"],
    ),
    "answers as long as the context": (
        ("max_tokens: 48", "max_tokens: 256"),
        ["inference.max_tokens: found 256"],
    ),
    "equal samples": (
        ("samples: 1", "samples: 4"),
        ["inference.samples: found 4", "Raise inference.temperature."],
    ),
    "a misspelt checkpoint": (
        ("checkpoints: [final]", "checkpoints: [100, finl]"),
        ["recipes.sft.checkpoints[1]: found 'finl', expected the word final", "Did you mean 'final'?"],
    ),
    "two kinds of trainable parts": (
        ("dropout: 0.0}}", "dropout: 0.0}, last_n_layers: 1}"),
        ["recipes.sft.trainable: found the keys lora, last_n_layers, expected exactly one of last_n_layers"],
    ),
    "a number for trainable parts": (
        ("trainable: {lora: {rank: 16, alpha: 32, dropout: 0.0}}", "trainable: 5"),
        ["recipes.sft.trainable: found 5, expected the word full or a mapping with the keys last_n_layers"],
    ),
    "a target of adapters that is no name": (
        ("dropout: 0.0}}", "dropout: 0.0, target_modules: [q_proj, 1]}}"),
        ["trainable.lora.target_modules[1]: found 1, expected text, not empty", 'Put it in quotes: "1".'],
    ),
    "half a step": (
        ("checkpoints: [final]", "checkpoints: [1.5, final]"),
        ["recipes.sft.checkpoints[0]: found 1.5, expected the word final or a whole number at least 1"],
    ),
    "a word for a list": (
        ("checkpoints: [final]", "checkpoints: final"),
        ["recipes.sft.checkpoints: found 'final', expected a list, not empty or a mapping", "Write [final]."],
    ),
    "a number for a student": (
        ("\n  s:\n", "\n  xs: 5\n  s:\n"),
        ["students.xs: found 5, expected a mapping with the keys label, tier, source"],
    ),
    "trainable parts that are none": (
        ("trainable: {lora: {rank: 16, alpha: 32, dropout: 0.0}}", "trainable: ful"),
        ["recipes.sft.trainable: found 'ful', expected the word full", "Did you mean 'full'?"],
    ),
    "a rank of zero": (("{rank: 16", "{rank: 0"), ["recipes.sft.trainable.lora.rank: found 0"]),
    "a key twice": (
        ("    epochs: 6\n", "    epochs: 6\n    epochs: 7\n"),
        ["the key 'epochs' a second time"],
    ),
    "nothing for a section": (
        ("references: {}", "references:"),
        ["references: found nothing, expected a mapping"],
    ),
    "broken YAML": (("conditions: [none", "conditions: [none]]"), ["found text that is not YAML"]),
}
