"""Which files jobs take, and how their commands are told of them."""

from snakemake.io import strip_wildcard_constraints

from skillift.stages import jobs_of, rule_named


def tables_of(kind, suites):
    """The tables of suites: of their `tasks`, or of the `skills` that stand for them."""
    return [f"{RESULTS}/{kind}/{suite}.parquet" for suite in suites]


# of the suites that are asked, and of the one that is trained on
ASKED = {kind: tables_of(kind, STUDY.suites) for kind in ("tasks", "skills")}
TAUGHT = {kind: f"{RESULTS}/{kind}/train.parquet" for kind in ("tasks", "skills")}


# what lifts are foretold by, before any training
FORETOLD_BY = STUDY.data["analysis"].get("forecast", {}).get("suite")
DISCRIMINATION = f"{RESULTS}/discrimination/{{student}}.parquet"


def foretold_by():
    """What each trained student prefers before training, where lifts are foretold."""
    return [DISCRIMINATION.format(student=name) for name in STUDY.foretold]


def own_inputs(wildcards):
    """The files of own tasks and skills of a suite; none for the task pack."""
    if STUDY.is_of_pack(wildcards.suite):
        return {}
    return {name: ancient(files) for name, files in STUDY.own_inputs().items()}


def own_options(wildcards):
    """The same as options of a command."""
    if STUDY.is_of_pack(wildcards.suite):
        return ""
    return as_options({f"own_{kind}": path for kind, path in STUDY.own_files().items()})


def own_rows(suite):
    """A digest of what own files hold of a suite; empty for the task pack."""
    if STUDY.is_of_pack(suite):
        return ""
    from skillift.preflight.own_data import suite_digest  # reads tables

    return suite_digest(STUDY, suite)


def contamination_check():
    """The check that no student was asked what it was taught; nothing where nothing is trained.

    What is trained on does not depend on it, or one more suite would train it again: its pairs are looked for
    before the teacher is asked, too (`check_tasks`).
    """
    return [f"{RESULTS}/checks/contamination.parquet"] if STUDY.trained_runs else []


def model_inputs(wildcards):
    """The base model, for a trained run its checkpoints, and for an emulated one those of the training that it
    borrows; folders stand behind their manifests.
    """
    base = f"{RESULTS}/students/{wildcards.student}"
    inputs = {"manifest": f"{base}/manifest.json", "model": ancient(f"{base}/model")}
    run = STUDY.run(wildcards.student, wildcards.run)
    if borrowed := STUDY.borrowed_from(run):
        small, trained = (
            f"{RESULTS}/students/{borrowed.student}",
            f"{RESULTS}/runs/{borrowed.student}/{borrowed.run}",
        )
        inputs |= {
            "small_manifest": f"{small}/manifest.json",
            "small": ancient(f"{small}/model"),
            "run_manifest": f"{trained}/manifest.json",
            "checkpoints": ancient(f"{trained}/checkpoints"),
        }
    elif run.recipe:
        trained = f"{RESULTS}/runs/{wildcards.student}/{wildcards.run}"
        inputs |= {
            "run_manifest": f"{trained}/manifest.json",
            "checkpoints": ancient(f"{trained}/checkpoints"),
            "probes": f"{trained}/probes.parquet",
            "trained_tokens": f"{trained}/trained_tokens.parquet",
        }
    return inputs


def model_options(wildcards, further=("probes", "small")):
    """The same folders as options of the command."""
    files = model_inputs(wildcards)
    options = {"model": files["model"]}
    if "checkpoints" in files:
        options |= {
            "checkpoints": files["checkpoints"],
            "manifest": files["run_manifest"],
        }
        options |= {name: files[name] for name in further if name in files}
    return as_options(options)


def served_inputs(wildcards):
    """The files of `model_inputs` without what the trainer has scored, of a job that has nothing to check."""
    checked = ("probes", "trained_tokens")
    return {
        name: path
        for name, path in model_inputs(wildcards).items()
        if name not in checked
    }


def as_options(files):
    """Files by name as options of a command, quoted: `--task-template <path>` for `task_template`."""
    return " ".join(
        f"--{name.replace('_', '-')} {shlex.quote(str(path))}"
        for name, path in files.items()
    )


def as_list(name, files):
    """Several files as one option of a command, quoted; nothing where there are none."""
    return f"--{name} {shlex.join(files)}" if files else ""


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
    return as_list("tokenizers", trained_tokenizers())


def prompt_files(wildcards):
    """What a corpus's prompts are written again from, and its skills' domains; nothing where it needs neither."""
    files = {}
    if not STUDY.demonstrated_as_is(wildcards.corpus):
        files = {
            "skills": TAUGHT["skills"],
            "task_template": f"{PROMPTS}/task.jinja",
        }
    if "domains" in STUDY.data["corpora"][wildcards.corpus]:
        files["skills"] = TAUGHT["skills"]
    return files


def matched_files(wildcards):
    """The corpus whose tasks a corpus takes; nothing where it takes none's."""
    like = STUDY.corpus(wildcards.corpus).get("like")
    return {"like": f"{RESULTS}/corpus/{like}.parquet"} if like else {}


def start_files(wildcards):
    """The checkpoints that a training starts from, behind their manifest; nothing where it starts from the
    student itself.
    """
    start = STUDY.start_of(wildcards.run)
    if start is None:
        return {}
    trained = f"{RESULTS}/runs/{wildcards.student}/{start}"
    return {
        "start_manifest": f"{trained}/manifest.json",
        "start": ancient(f"{trained}/checkpoints"),
    }


def scored_tasks(wildcards):
    """The tasks whose answers are scored in training, where its objective is on tasks."""
    if not objective(STUDY.objective_of(wildcards.run)).scores_answers:
        return {}
    return {"tasks": f"{RESULTS}/tasks/train.parquet"}


def serving_check(wildcards):
    """The check that a run was asked what the study says, of what was trained; nothing for an API's models."""
    if wildcards.student in STUDY.students_from("api"):
        return []
    run = STUDY.run(wildcards.student, wildcards.run)
    checks = f"{RESULTS}/checks/served/{{student}}/{{run}}.parquet"
    return [ancient(path) for path in per_run(checks, [run])]


def of_before(wildcards):
    """What a trained run is compared with: what the trainer has scored for the engine to score again, and
    what the run base was asked. Nothing for that run itself, and of an emulated one no scores.
    """
    if wildcards.run == "base":
        return {}
    probes = {
        name: file for name, file in model_inputs(wildcards).items() if name == "probes"
    }
    base_prompts = f"{RESULTS}/prompts/{wildcards.student}/base.parquet"
    return {**probes, "base_prompts": base_prompts}


def sized_students():
    """Manifests of the trained students, for claims by size; none where a study has no such claim."""
    names = sorted({run.student for run in STUDY.trained_runs})
    asked = "transfer" in STUDY.suites or "sampling_budgets" in STUDY.data["analysis"]
    return (
        [f"{RESULTS}/students/{name}/manifest.json" for name in names] if asked else []
    )


def verdict_files():
    """The verdicts of every judge on every run."""
    return [
        VERDICTS.format(judge=judge, student=run.student, run=run.run)
        for judge in STUDY.judges
        for run in STUDY.runs
    ]


def answering_code(command, *further):
    """The digest of a command that answers, of each kind of run: the engine is loaded by name, what composes
    models too.
    """
    return {
        emulated: code_digest(
            command,
            f"skillift.engines.{STUDY.declared.inference.engine}_engine",
            *(["skillift.engines.composed"] if emulated else []),
            *further,
        )
        for emulated in {run in STUDY.emulated_runs for run in STUDY.runs}
    }


def code_of(codes, wildcards):
    """Which of these digests is that of a job's run."""
    return codes[STUDY.run(wildcards.student, wildcards.run) in STUDY.emulated_runs]


def altered_runs():
    """The runs whose answers after interventions there are; none where the study asks for none."""
    if "interventions" not in STUDY.data["inference"]:
        return []
    return STUDY.served_runs


def paraphrased_runs():
    """The runs whose chains of thought a chat model paraphrases, between two passes of the engine."""
    return altered_runs() if STUDY.paraphraser else []


def altered_tables():
    """What the jobs that answer write of interventions."""
    if paraphrased_runs():
        return ("first_pass", "chains")
    return ("interventions",) if altered_runs() else ()


def altered_options(asked=True):
    """Where answers after interventions stand, as a param; nothing where there are none."""
    return verbatim(
        as_options({"intervened": INTERVENED}) if asked and altered_runs() else ""
    )


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


def intervened_options(wildcards):
    """Where the job writes what there is of interventions, as options of its command."""
    return as_options(
        {
            option: f"{ANSWERED}/{table}/{ANSWERING}.parquet".format(**wildcards)
            for option, table in zip(("intervened", "chains"), altered_tables())
        }
    )


def merged_options(wildcards, input, output):
    """The parts of these tables and where they are put together, as options of the command."""
    return " ".join(
        f"{as_list(option, input[table])} {as_options({f'{option}_out': output[table]})}"
        for option, table in zip(("intervened", "chains"), altered_tables())
    )
