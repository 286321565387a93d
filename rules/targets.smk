"""What a study publishes, and from which tables."""

from skillift.reporting.registry import (
    ANALYSIS,
    BESIDE_FINDINGS,
    FIGURES,
    FINDINGS,
    OPTIONAL,
    TABLES,
    WHERE_DECLARED,
    extent,
    figures_for,
    looked_at,
    parts_of,
    tables_for,
)

# of which figures and published tables take one of each run, and of which runs
RUN_TABLES = {
    "log": (LOSS_LOG, STUDY.trained_runs),
    "parity": (
        f"{RESULTS}/parity/{{student}}/{{run}}.parquet",
        [run for run in STUDY.runs if run.student in STUDY.students],
    ),
}


def source_files(names):
    """The tables that a figure or published table is made from, by their names in its registry."""
    special = {
        "log": per_run(*RUN_TABLES["log"]),
        "parity": per_run(*RUN_TABLES["parity"]),
        "costs": f"{RESULTS}/costs.parquet",
        "ledger": f"{RESULTS}/analysis/ledger.jsonl",
    }
    files = {
        name: special.get(name, f"{RESULTS}/analysis/{name}.parquet")
        for name in names
        if name not in OPTIONAL or STUDY.data[name]
    }
    if looked_at(names):
        files["look"] = f"{RESULTS}/analysis/look.json"
    return files


def source_options(names):
    """The same as options of the command, as a param."""
    files = source_files(names)
    patterns = {name: RUN_TABLES[name][0] for name in files if name in RUN_TABLES}
    return verbatim(as_options({**files, **patterns}))


def published_figures():
    return figures_for(extent(STUDY))


def numbered_label(figure):
    """A figure's name in the report, which sorts them by it: its number as on the findings page."""
    number = published_figures().index(figure) + 1
    return f"{number:02d} {figure.replace('_', ' ')}"


def shown_figures():
    """The figures that stand beside the findings."""
    return [name for name in published_figures() if name in BESIDE_FINDINGS]


def places_of_figures():
    """In which order and under which questions they stand there, as a param: a page follows its figures' modules."""
    return ", ".join(f"{name}: {BESIDE_FINDINGS[name]}" for name in shown_figures())


def published_tables():
    return tables_for(extent(STUDY))


def final_targets():
    """Everything that a study publishes."""
    return [
        *expand(f"{RESULTS}/figures/{{figure}}.svg", figure=published_figures()),
        *expand(f"{RESULTS}/tables/{{table}}.html", table=published_tables()),
        f"{RESULTS}/findings.html",
        f"{RESULTS}/episodes.html",
        *([f"{RESULTS}/cards/models"] if STUDY.trained_runs else []),
        *expand(f"{RESULTS}/cards/corpora/{{corpus}}.md", corpus=STUDY.corpora),
    ]
