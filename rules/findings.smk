"""The findings: one sentence for each claim, under the questions that a referee would ask."""

from skillift.metrics.registry import modules as metric_modules


rule write_findings:
    input:
        **source_files(FINDINGS),
        figures=expand(f"{RESULTS}/figures/{{figure}}.svg", figure=shown_figures()),
        captions=expand(f"{CAPTIONS}/{{figure}}.rst", figure=shown_figures()),
        page=f"{PAGES}/findings.html",
        style=f"{PAGES}/findings.css",
        script=f"{PAGES}/findings.js",
        citation=CITATION,
        students=expand(
            f"{RESULTS}/students/{{student}}/manifest.json", student=STUDY.dequantised
        ),
    output:
        html=report(
            f"{RESULTS}/findings.html",
            caption="captions/findings.rst",
            category="1 Findings",
            labels={"page": "findings"},
        ),
        csv=f"{RESULTS}/findings.csv",
        text=f"{RESULTS}/findings.rst",
    log:
        f"{LOGS}/write_findings.log",
    benchmark:
        f"{BENCHMARKS}/write_findings.tsv"
    conda:
        ENVIRONMENT
    params:
        spec=canonical(STUDY.findings_spec()),
        code=code_digest("findings/write_findings.py", *metric_modules()),
        figures=places_of_figures(),
        sources=source_options(FINDINGS),
    shell:
        """
        printf '%s\\n' --spec {params.spec:q} \
            | python "$SCRIPTS/findings/write_findings.py" @/dev/stdin {params.sources} --figures {input.figures:q} \
                --captions {input.captions:q} --citation {input.citation:q} --students {input.students:q} --page {input.page:q} --style {input.style:q} --script {input.script:q} \
                --html {output.html:q} --csv {output.csv:q} --text {output.text:q} >{log:q} 2>&1
        """
