"""What is done before the first job, and after a run that did not end well."""

import atexit
import os
import sys

from snakemake.common.configfile import load_configfile

from skillift.running import orphaned_jobs
from skillift.running.command_lines import command_line, how_it_runs
from skillift.preflight.disk import shortage
from skillift.preflight.access import missing
from skillift.preflight.room import too_large
from skillift.stages import rule_named
from skillift.study.predictions import declared
from skillift.audit.code_notes import note_code
from skillift.running.run_record import FILE as RUN_RECORD
from skillift.study.design import declared_design, with_sizes
from skillift.ledger.entries import FILE as LEDGER
from skillift.ledger.registration import register, results_exist
from skillift.running.study_lock import lock_study
from snakemake_inside.failures import name_failures_last
from snakemake_inside.interrupts import defer_sigint, handle_sigterm
from snakemake_inside.reports import find_stylesheet
from snakemake_inside.run_record import record_run


def this_job_alone(output):
    """The command line that makes a file, with the settings of this run."""
    own = Path(workflow.main_snakefile) == Path.cwd() / "Snakefile"
    settings = workflow.config_settings
    return command_line(
        output,
        {**settings.config, "study": CONFIG["study"]},
        settings.configfiles or (),
        None if own else workflow.main_snakefile,
        how_it_runs(
            sys.argv[1:],
            LOCAL,
            [Path(os.environ.get("PWD", ".")), Path(workflow.basedir)],
        ),
    )


defer_sigint(logger)
find_stylesheet(workflow.basedir)
if workflow.is_main_process:
    name_failures_last(logger, lambda: workflow.dag, STATE, this_job_alone)
    record_run(logger, workflow, f"{STATE}/{RUN_RECORD}")


def claim_study():
    """Be the only Snakemake at work on the study, until this process ends; end what a killed one has left."""
    global STUDY_LOCK
    try:
        STUDY_LOCK = lock_study(STATE)
        # at the very end of Python, what the lock needs to let go is gone
        atexit.register(globals().pop, "STUDY_LOCK", None)
        left = orphaned_jobs.cancel_orphaned_jobs(
            Path.cwd(), CONFIG["study"], default_study()
        )
    except UserError as error:
        refuse(error)
    if left:
        logger.warning(f"Cancelled jobs of an earlier Snakemake: {', '.join(left)}.")


def cancel_orphaned_jobs():
    """Cancel what is still in the queue of a cluster.

    At a Ctrl-C, Snakemake submits what it was about to, and cancels just the jobs that it is not asking after.
    """
    try:
        left = orphaned_jobs.cancel_orphaned_jobs(
            Path.cwd(), CONFIG["study"], default_study()
        )
    except UserError as error:
        logger.error(str(error))
    else:
        if left:
            logger.warning(f"Cancelled jobs that were left: {', '.join(left)}.")


def default_study():
    """The study that jobs of calls without one are of; config.yaml may name one that is not there any more."""
    return load_configfile(CONFIG_FILE)["study"]


def register_study():
    """Register the study's design and predictions before the first job, with whether answers exist."""
    # slow to import, and not needed for a plan
    from skillift.episodes.study_tasks import tasks_of

    try:
        tasks, _ = tasks_of(STUDY)
        design = with_sizes(declared_design(STUDY), tasks)
        existed = results_exist(RESULTS)
        register(declared(STUDY), f"{STATE}/{LEDGER}", existed, design)
    except UserError as error:
        refuse(error)


def check_tasks(jobs):
    """End before the first job, and before a teacher is paid, where tasks that are asked would be taught."""
    if not any(rule_named(job.rule.name).asks == "demonstrations" for job in jobs):
        return
    # slow to import, and not needed for a plan
    from skillift.corpus.contamination import find_contamination, in_words
    from skillift.episodes.study_tasks import tasks_of

    try:
        tasks, _ = tasks_of(STUDY)
        built = tasks.filter(tasks["suite"].is_in(STUDY.taught_and_asked))
        pack = f"{STUDY.path}: tasks.pack"
        files = [STUDY.own_files()["tasks"]] if STUDY.own_suites else []
        where = " and ".join(
            [*([pack] if "pack" in STUDY.data["tasks"] else []), *files]
        )
        if wrong := in_words(find_contamination(built), where):
            refuse(wrong)
    except UserError as error:
        refuse(error)


def check_access(jobs):
    """End before the first job where planned jobs need a key, a server, a model or room that cannot be had."""
    planned = [(job.rule.name, job.wildcards_dict) for job in jobs]
    problems = missing(STUDY, planned, Path(STATE))
    problems += shortage(STUDY, planned, Path(RESULTS), ask_hub=not problems)
    if LOCAL:
        problems += too_large(STUDY, planned, Path(RESULTS), gpu=GPUS > 0)
    if problems:
        fix = "Where all answers are kept from an earlier run, --no-hooks leaves this check out."
        refuse("\n".join(["The study needs:", *problems, fix]))
