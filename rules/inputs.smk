"""Which files jobs take, and how their commands are told of them."""

from snakemake.io import strip_wildcard_constraints

from skillift.stages import jobs_of, rule_named


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
    options = {"model": files["model"]}
    if "checkpoints" in files:
        options |= {
            "checkpoints": files["checkpoints"],
            "manifest": files["run_manifest"],
            "probes": files["probes"],
        }
    return as_options(options)


def as_options(files):
    """Files by name as options of a command, quoted: `--task-template <path>` for `task_template`."""
    return " ".join(
        f"--{name.replace('_', '-')} {shlex.quote(str(path))}"
        for name, path in files.items()
    )


def teacher_files():
    """What a teacher behind an API is asked with; nothing for other teachers."""
    template = STUDY.teacher_template
    return {"teacher_template": f"{PROMPTS}/{template}"} if template else {}


def trained_tokenizers():
    """Folders of the tokenizers of students that a teacher behind an API writes for; none for other teachers,
    whose texts are read before the first job.
    """
    if STUDY.teacher_template is None:
        return []
    scratch = STUDY.students_from("scratch")
    names = {
        "tokenizer" if run.student in scratch else run.student
        for run in STUDY.trained_runs
    }
    return [f"{RESULTS}/students/{name}/model" for name in sorted(names)]


def tokenizer_options():
    """The same as an option of the command."""
    folders = trained_tokenizers()
    return f"--tokenizers {shlex.join(folders)}" if folders else ""


def prompt_files(wildcards):
    """What a corpus's prompts are written again from; nothing where it keeps those of its demonstrations."""
    if STUDY.demonstrated_as_is(wildcards.corpus):
        return {}
    return {
        "skills": f"{RESULTS}/skills.parquet",
        "task_template": f"{PROMPTS}/task.jinja",
    }


def serving_check(wildcards):
    """The check that a run was asked what the study says, of what was trained; nothing for an API's models."""
    if wildcards.student in STUDY.students_from("api"):
        return []
    run = STUDY.run(wildcards.student, wildcards.run)
    checks = f"{RESULTS}/checks/served/{{student}}/{{run}}.parquet"
    return [ancient(path) for path in per_run(checks, [run])]


def of_before(wildcards):
    """What a trained run is compared with: what the trainer has scored for the engine to score again, and
    what the run base was asked. Nothing for a run that was not trained.
    """
    if wildcards.run == "base":
        return {}
    probes = model_inputs(wildcards)["probes"]
    base_prompts = f"{RESULTS}/prompts/{wildcards.student}/base.parquet"
    return {"probes": probes, "base_prompts": base_prompts}


def verdict_files():
    """The verdicts of every judge on every run."""
    return [
        VERDICTS.format(judge=judge, student=run.student, run=run.run)
        for judge in STUDY.judges
        for run in STUDY.runs
    ]


def counted_jobs():
    """The jobs whose costs count, by rule: those that leave a benchmark, of the rules declared so far."""
    return {each.name: jobs_with_benchmark(each) for each in workflow.rules}


def jobs_with_benchmark(each):
    """The names of a rule's jobs, such as `train/s/sft-s0`, where they count in the costs."""
    known = rule_named(each.name)
    if not (each.benchmark and known.counted):
        return []
    pattern = strip_wildcard_constraints(each.benchmark)
    try:
        subjects = jobs_of(known, each.wildcard_names, STUDY)
        files = [pattern.format(**wildcards) for wildcards in subjects]
    except UserError as error:
        raise WorkflowError(str(error)) from None
    return [
        path.removeprefix(f"{BENCHMARKS}/").removesuffix(".tsv")
        for path in files
        if each.benchmark.match(path)  # a rule's own constraints
    ]
