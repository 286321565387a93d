"""Which files jobs take, and how their commands are told of them."""


def model_inputs(wildcards):
    """The base model, and for a trained run its checkpoints; folders stand behind their manifests."""
    base = f"{RESULTS}/students/{wildcards.student}"
    inputs = {"manifest": f"{base}/manifest.json", "model": ancient(f"{base}/model")}
    if wildcards.run != "base":
        trained = f"{RESULTS}/runs/{wildcards.student}/{wildcards.run}"
        inputs |= {
            "run_manifest": f"{trained}/manifest.json",
            "checkpoints": ancient(f"{trained}/checkpoints"),
            "probes": f"{trained}/probes.parquet",
            "trained_tokens": f"{trained}/trained_tokens.parquet",
        }
    return inputs


def model_options(wildcards):
    """The same folders as options of the command."""
    files = model_inputs(wildcards)
    options = f"--model {files['model']}"
    if "checkpoints" in files:
        options += (
            f" --checkpoints {files['checkpoints']} --manifest {files['run_manifest']}"
        )
        options += f" --probes {files['probes']}"
    return options


def as_options(files):
    """Files by name as options of a command: `--task-template <path>` for `task_template`."""
    return " ".join(
        f"--{name.replace('_', '-')} {path}" for name, path in files.items()
    )


def teacher_files():
    """What a teacher behind an API is asked with; nothing for other teachers."""
    template = STUDY.teacher_template
    return {"teacher_template": f"{PROMPTS}/{template}"} if template else {}


def prompt_files(wildcards):
    """What a corpus's prompts are written anew from; nothing where it keeps those of its demonstrations."""
    if STUDY.demonstrated_as_is(wildcards.corpus):
        return {}
    return {
        "skills": f"{RESULTS}/skills.parquet",
        "task_template": f"{PROMPTS}/task.jinja",
    }


def gate(wildcards):
    """The check that a run was asked what the study says, of what was trained; nothing for an API's models."""
    if wildcards.student in STUDY.students_from("api"):
        return []
    run = STUDY.run(wildcards.student, wildcards.run)
    checks = f"{RESULTS}/checks/served/{{student}}/{{run}}.parquet"
    return [ancient(path) for path in per_run(checks, [run])]


def scored_probes(wildcards):
    """What the trainer has scored for the engine to score again; nothing for a run that was not trained."""
    inputs = model_inputs(wildcards)
    return {"probes": inputs["probes"]} if "probes" in inputs else {}


def verdict_files():
    """The verdicts of every judge on every run."""
    return [
        path
        for judge in STUDY.judges
        for path in per_run(f"{VERDICTS}/{judge}/{{student}}/{{run}}.parquet")
    ]


def verdict_options():
    """The same as options of the command: `--verdicts judge/student/run=path`."""
    return " ".join(
        labelled(
            "verdicts",
            f"{VERDICTS}/{judge}/{{student}}/{{run}}.parquet",
            prefix=f"{judge}/",
        )
        for judge in STUDY.judges
    )


def stage_benchmarks():
    """The benchmark files of all jobs up to the analysis, as last run."""
    files = [f"{BENCHMARKS}/{stage}.tsv" for stage in once_in_a_study()]
    for rule_name, names in {
        "pretrain": STUDY.students_from("scratch"),
        "import_student": STUDY.students_from("path"),
        "download_student": STUDY.students_from("hub"),
        "select_corpus": STUDY.corpora,
        "certify_judge": STUDY.judges,
    }.items():
        files += [f"{BENCHMARKS}/{rule_name}/{name}.tsv" for name in names]
    asked = set(STUDY.students_from("api"))
    for rule_name, runs in {
        "train": STUDY.trained_runs,
        "generate": [run for run in STUDY.runs if run.student not in asked],
        "ask_reference": [run for run in STUDY.runs if run.student in asked],
    }.items():
        job = f"{BENCHMARKS}/{rule_name}/{{student}}/{{run}}"
        shards = range(STUDY.shards if rule_name == "generate" else 1)
        parts = [f"{job}/{shard}.tsv" for shard in shards]
        for pattern in parts if len(parts) > 1 else [f"{job}.tsv"]:
            files += per_run(pattern, runs)
    for judge in STUDY.judges:
        files += per_run(f"{BENCHMARKS}/judge/{judge}/{{student}}/{{run}}.tsv")
    return files


def once_in_a_study():
    """The rules with one job for the whole study."""
    rules_of_one_job = ["build_tasks", "score", "analyse", "rate_judges"]
    if STUDY.students_from("scratch"):
        rules_of_one_job.append("build_tokenizer")
    if STUDY.corpora:
        rules_of_one_job += ["check_contamination", "collect_demonstrations"]
    return rules_of_one_job


def paid_files():
    """The tables that record what calls cost, by stage."""
    demonstrations = [f"{RESULTS}/corpus/demonstrations.parquet"]
    return {
        "collect_demonstrations": demonstrations if STUDY.corpora else [],
        "judge": verdict_files(),
        "certify_judge": [
            f"{RESULTS}/certification/{judge}.parquet" for judge in STUDY.judges
        ],
    }
