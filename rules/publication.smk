"""Figures and tables, each by a rule of its own: a caption of the report belongs to one rule."""

from skillift.metrics.registry import modules as metric_modules
from skillift.reporting.registry import EVERY_METRIC

SHOWN = canonical(STUDY.figures_spec())


rule make_viewer:
    output:
        f"{RESULTS}/figures/viewer.js",
    log:
        f"{LOGS}/make_viewer.log",
    benchmark:
        f"{BENCHMARKS}/make_viewer.tsv"
    conda:
        ENVIRONMENT
    params:
        code=code_digest("publication/make_viewer.py"),
    shell:
        """
        python "$SCRIPTS/publication/make_viewer.py" --out {output:q} >{log:q} 2>&1
        """


for figure in published_figures():

    rule:
        name:
            f"make_figure_{figure}"
        input:
            **source_files(FIGURES[figure]),
            viewer=f"{RESULTS}/figures/viewer.js",
        output:
            svg=report(
                f"{RESULTS}/figures/{figure}.svg",
                caption=f"captions/{figure}.rst",
                category="2 Figures",
                labels={"figure": numbered_label(figure)},
            ),
            html=f"{RESULTS}/figures/{figure}.html",
        log:
            f"{LOGS}/make_figure/{figure}.log",
        benchmark:
            f"{BENCHMARKS}/make_figure/{figure}.tsv"
        group:
            "pages"
        conda:
            ENVIRONMENT
        params:
            figure=figure,
            spec=SHOWN,
            code=code_digest(
                "publication/make_figure.py",
                f"skillift.figures.{figure}",
                *(metric_modules() if figure in EVERY_METRIC else []),
            ),
            sources=source_options(FIGURES[figure]),
        shell:
            """
            printf '%s\\n' --spec {params.spec:q} \
                | python "$SCRIPTS/publication/make_figure.py" {params.figure} @/dev/stdin {params.sources} \
                    --out {output.svg:q} --viewer {input.viewer:q} --html {output.html:q} >{log:q} 2>&1
            """


for table in published_tables():

    rule:
        name:
            f"make_table_{table}"
        input:
            **source_files(TABLES[table]),
        output:
            html=report(
                f"{RESULTS}/tables/{table}.html",
                caption=f"captions/{table}.rst",
                category="3 Tables",
                labels={"table": table.replace("_", " ")},
            ),
            latex=f"{RESULTS}/tables/{table}.tex",
            csv=expand(f"{RESULTS}/tables/{{part}}.csv", part=parts_of(table)),
        log:
            f"{LOGS}/make_table/{table}.log",
        benchmark:
            f"{BENCHMARKS}/make_table/{table}.tsv"
        group:
            "pages"
        conda:
            ENVIRONMENT
        params:
            table=table,
            spec=SHOWN,
            code=code_digest(
                "publication/make_table.py",
                *(metric_modules() if table in ("claims", "predictions") else []),
            ),
            sources=source_options(TABLES[table]),
        shell:
            """
            printf '%s\\n' --spec {params.spec:q} \
                | python "$SCRIPTS/publication/make_table.py" {params.table} @/dev/stdin {params.sources} \
                    --html {output.html:q} --latex {output.latex:q} --csv {output.csv:q} >{log:q} 2>&1
            """
