"""Published tables: what stands in them, in which order and unit, and that they stand alone."""

from __future__ import annotations

import copy
import re
from pathlib import Path

import polars as pl
import pytest
from analysis_tables import MADE_STUDIES, full_study, publish_table, published, smoke_study
from made_specs import viewed

from skillift.errors import UserError
from skillift.metrics.metric import of_metric
from skillift.publication.pages import contrast_in_words
from skillift.publication.published_tables import PAGES, publish
from skillift.reporting.column_text import detectable, percent, points, probability, with_interval
from skillift.reporting.registry import TABLES, parts_of

pytestmark = pytest.mark.xdist_group("made-up study")  # analysed once for them all

FROM_ELSEWHERE = re.compile(r"https?:|@import|<script|<link|<img|url\(", re.IGNORECASE)


@pytest.mark.parametrize("study", MADE_STUDIES)
@pytest.mark.parametrize("name", TABLES)
def test_a_page_asks_nothing_of_the_network_and_has_the_same_bytes_each_time(name, study):
    spec, tables = MADE_STUDIES[study]()
    page = published(name, study).page
    assert not FROM_ELSEWHERE.search(page)
    assert page == publish_table(name, tables, spec).page
    assert "NaN" not in page and ">None<" not in page
    assert "`" not in page  # which readers would see: notes are no Markdown


@pytest.mark.parametrize("part", PAGES)
def test_no_cell_is_empty(part):
    spec, tables = full_study()
    source = next(
        sources[parts_of(name).index(part)] for name, sources in TABLES.items() if part in parts_of(name)
    )
    page = PAGES[part](of_metric(tables[source]), viewed(spec))
    shown = page.rows.select(pl.col(column.name).cast(pl.String) for column in page.columns)
    assert [name for name in shown.columns if shown[name].fill_null("").eq("").any()] == []


def test_differences_are_in_points_on_the_page_and_fractions_in_the_file():
    page, _, rows = published("effects")
    row = rows.filter(
        path="judge:conclusion", student="l", run="sft", contrast="lift:curated-none"
    ).to_dicts()[0]
    low, high = (f"{100 * row[end]:+.1f}".replace("-", "\u2212") for end in ("ci_low", "ci_high"))
    assert f"{100 * row['estimate']:+.1f} [{low}, {high}]" in page
    assert -1 <= row["estimate"] <= 1


@pytest.mark.parametrize("name", TABLES)
def test_a_run_is_spelled_as_on_every_other_page(name):
    page = published(name).page
    assert not re.search(r">[^<]*(sft|answer_only)-s\d[^<]*<", page)
    if name in ("claims", "effects", "pass_rates", "self_parity"):
        assert "answer_only, seed 0" in page.replace("\u00a0", " ")


@pytest.mark.parametrize("name", ["pass_rates", "effects", "path_shift"])
def test_the_headline_path_comes_first(name):
    spec, tables = full_study()
    spec = {**spec, "analysis": {**spec["analysis"], "headline_path": "judge:tail"}}
    page, _, rows = publish_table(name, tables, spec)
    heads = re.findall(r'class="gt_group_heading"[^>]*><span[^>]*>([^<]+)<', page)
    assert heads[0].startswith("judge:tail")
    assert rows["path"][0] == "judge:tail"


OF_NO_SUITE = {"certification_rates", "stage_costs", "self_parity", "ledger"}


@pytest.mark.parametrize("name", sorted(set(TABLES) - OF_NO_SUITE))
def test_the_file_keeps_every_row(name):
    spec, tables = full_study()
    source = tables[TABLES[name][0]]
    other = source.with_columns(suite=pl.lit("dev"))
    _, _, rows = publish_table(name, {**tables, TABLES[name][0]: pl.concat([source, other])}, spec)
    assert rows.height == 2 * source.height
    assert rows.columns == source.columns


def test_every_contrast_of_the_study_is_on_the_page_in_words():
    _, tables = full_study()
    page, _, _ = published("effects")
    for contrast in tables["effects"].filter(suite="holdout")["contrast"].unique():
        assert contrast_in_words(contrast) in page
    assert contrast_in_words("gain:none") == "gain under none"
    assert contrast_in_words("lift:placebo-none") == "lift of placebo − none"


def test_answer_lines_and_lengths_stand_beside_every_pass_rate():
    spec, tables = full_study()
    seen = of_metric(tables["pass_rates"]).with_columns(
        answer_line_rate=pl.lit(0.625), mean_completion_tokens=pl.lit(41.25)
    )
    page, _, _ = publish_table("pass_rates", {"pass_rates": seen}, spec)
    assert page.count(">62.5<") == page.count(">41.2<") == seen.height
    without, _, _ = published("pass_rates")
    assert without.count(">undefined<") == 2 * seen.height


def test_the_cross_checks_stand_beside_the_estimate_and_are_not_asked_of_lifts():
    page, _, rows = published("effects")
    rows = rows.filter(metric="pass")
    row = rows.filter(path="judge:conclusion", student="l", run="base", contrast="curated-none").to_dicts()[0]
    low, high = (f"{100 * row[end]:+.1f}".replace("-", "\u2212") for end in ("boot_low", "boot_high"))
    assert f">[{low}, {high}]<" in page
    ends = (f"{row[end]:.2f}".replace("-", "\u2212") for end in ("normalised_low", "normalised_high"))
    assert f"{row['normalised_gain']:.2f} [{', '.join(ends)}]" in page
    lifts = rows.filter(pl.col("contrast").str.starts_with("lift:"))
    assert page.count(">\u2013<") == 2 * lifts.height


def test_what_is_undefined_reads_so():
    spec, tables = smoke_study()
    gone = tables["effects"].with_columns(
        pl.lit(None, dtype=pl.Float64).alias(name)
        for name in ("estimate", "ci_low", "ci_high", "p_value", "mde")
    )
    page, _, _ = publish_table("effects", {"effects": gone}, spec)
    assert page.count(">undefined<") >= 3 * tables["effects"].filter(path="bench").height


def test_numbers_read_as_a_reader_expects_them():
    frame = pl.DataFrame(
        {"x": [0.07, -0.0123, -0.0001, None], "low": [0.01, -0.05, None, None], "p": [0.5, 1e-5, 0.04, None]}
    )
    assert frame.select(points("x"))["x"].to_list() == ["+7.0", "\u22121.2", "+0.0", None]
    assert frame.select(percent("x"))["x"].to_list() == ["7.0", "\u22121.2", "0.0", None]
    assert frame.select(probability("p"))["p"].to_list() == ["0.500", "< 0.001", "0.040", None]
    shown = frame.select(shown=with_interval(points, "x", "low", "x"))["shown"].to_list()
    assert shown == ["+7.0 [+1.0, +7.0]", "\u22121.2 [\u22125.0, \u22121.2]", "+0.0 [undefined]", "undefined"]


def test_a_smallest_detectable_effect_that_no_difference_of_rates_has_is_more_than_a_hundred_points():
    frame = pl.DataFrame({"mde": [0.158, 1.0, 1.3, None]})
    assert frame.select(detectable("mde"))["mde"].to_list() == ["15.8", "100.0", "> 100", None]


def test_in_a_narrow_window_what_stands_over_the_whole_width_stays_in_sight():
    page = published("claims").page
    assert '<meta name="viewport" content="width=device-width' in page
    titles = re.findall(r'gt_(title|subtitle|group_heading)\b[^>]*><span class="in-sight">', page)
    assert set(titles) == {"title", "subtitle", "group_heading"}
    assert "tbody td:first-child:not(.gt_group_heading) { position: sticky; left: 0;" in page
    assert '<p class="sideways">Move a table sideways for the rest of it.</p>' in page


def test_a_label_cannot_become_markup():
    spec, tables = smoke_study()
    spec = copy.deepcopy(spec)
    spec["students"]["s"]["label"] = "<b>45 k</b>"
    page, _, _ = publish_table("agreement", tables, spec)
    assert "<b>" not in page and "&lt;b&gt;45 k" in page


def test_an_empty_table_is_an_error(tmp_path):
    spec, tables = smoke_study()
    with pytest.raises(UserError, match="effects table"):
        publish(
            "effects",
            {"effects": tables["effects"].clear()},
            viewed(spec),
            tmp_path / "t.html",
            tmp_path / "t.tex",
            [tmp_path / "effects.csv"],
        )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "name",
    ["claims", "pass_rates", "effects", "path_shift", "agreement", "variance", "asymmetry_slopes"],
)
def test_the_main_recipe_comes_before_the_others(name):
    page, _, _ = published(name)
    runs = re.findall(r">(?:[^<]* · )?(before SFT|sft|answer_only)\b[^<]*<", page.replace("\u00a0", " "))
    assert runs.index("sft") < runs.index("answer_only")


@pytest.mark.parametrize("name", ["pass_rates", "path_shift", "format_cells", "agreement", "judge_errors"])
def test_conditions_stand_along_the_ladder_all_together_first(name):
    page, _, _ = published(name)
    shown = re.findall(r">(all|none|filler|placebo|shuffled|curated)<", page)
    ladder = ["none", "placebo", "shuffled", "curated"]
    assert [*dict.fromkeys(shown)] == (["all", *ladder] if name in ("agreement", "judge_errors") else ladder)


def test_batch_sensitivity_shows_each_run_and_where_an_answer_differs():
    _, tables = full_study()
    page, _, rows = published("self_parity")
    assert rows.equals(tables["parity"]) and page.count(">16 of 16<") == rows.height - 1
    assert page.count(">15 of 16<") == page.count(">8<") == page.count(">0.0021<") == 1


@pytest.mark.parametrize("name", TABLES)
def test_every_table_has_a_caption(name, repository: Path):
    assert (repository / "rules" / "captions" / f"{name}.rst").read_text(encoding="utf-8").strip()


def test_the_certification_shows_each_judges_kinds_the_most_mistaken_first():
    _, tables = full_study()
    page, _, rows = published("certification_rates")
    assert rows.height == tables["certification"].height
    heads = re.findall(r'class="gt_group_heading"[^>]*><span[^>]*>([^<]+)<', page)
    assert heads[:2] == ["conclusion · false passes", "conclusion · false fails"]
    assert "all hostile cases" in page and "forged verdict" in page


def test_the_judge_of_the_headline_path_is_certified_first():
    spec, tables = full_study()
    spec = {**spec, "analysis": {**spec["analysis"], "headline_path": "judge:tail"}}
    page = publish_table("certification_rates", tables, spec).page
    heads = re.findall(r'class="gt_group_heading"[^>]*><span[^>]*>([^<]+)<', page)
    assert heads[0] == "tail · false passes"
