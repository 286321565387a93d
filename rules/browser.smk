"""The episode browser: one page that holds every episode with its prompt, its verdicts and the judges' replies."""


rule browse_episodes:
    input:
        **ASKED,
        episodes=per_run(EPISODES),
        verdicts=verdict_files(),
        scores=f"{RESULTS}/scores.parquet",
        task_template=f"{PROMPTS}/task.jinja",
        page=f"{BROWSER}/page.html",
        style=f"{BROWSER}/page.css",
        scripts=expand(  # in the order in which they build on each other
            f"{BROWSER}/{{part}}.js",
            part=("data", "cases", "search", "list", "detail", "link", "main"),
        ),
    output:
        f"{RESULTS}/episodes.html",
    log:
        f"{LOGS}/browse_episodes.log",
    benchmark:
        f"{BENCHMARKS}/browse_episodes.tsv"
    conda:
        ENVIRONMENT
    params:
        spec=canonical(STUDY.browser_spec()),
        code=code_digest("browser/browse_episodes.py"),
        episodes=verbatim(EPISODES),
        verdicts=verbatim(VERDICTS),
    shell:
        """
        printf '%s\\n' --spec {params.spec:q} \
            | python "$SCRIPTS/browser/browse_episodes.py" @/dev/stdin --tasks {input.tasks:q} \
                --skills {input.skills:q} --scores {input.scores:q} \
                --episodes {params.episodes:q} --verdicts {params.verdicts:q} \
                --task-template {input.task_template:q} --page {input.page:q} --style {input.style:q} \
                --scripts {input.scripts:q} --out {output:q} >{log:q} 2>&1
        """
