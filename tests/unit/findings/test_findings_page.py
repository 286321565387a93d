"""The findings page as text: one file, figures in the order of the argument, each word explained once."""

from __future__ import annotations

import re

import pytest
from analysis_tables import full_study
from made_specs import viewed

from skillift.errors import UserError
from skillift.findings import QUESTIONS, findings
from skillift.findings.captions import caption
from skillift.findings.finding import Finding, Part
from skillift.findings.findings_page import Made, _blocks, findings_page, numbered
from skillift.findings.glossary import TERMS, Glossary
from skillift.publication.html_parts import PageParts
from skillift.reporting.registry import BESIDE_FINDINGS, FIGURES
from skillift.statistics import claim_labels
from skillift.statistics.predictions import FAILED, HELD, UNDETERMINED

SVG = '<svg xmlns="http://www.w3.org/2000/svg"/>'


@pytest.fixture(scope="module")
def html(repository):
    spec, tables = full_study()
    read = {
        kind: (repository / f"workflow_scripts/assets/pages/findings.{kind}").read_text(encoding="utf-8")
        for kind in ("html", "css", "js")
    }
    captions = {
        name: (repository / f"rules/captions/{name}.rst").read_text(encoding="utf-8")
        for name in BESIDE_FINDINGS
    }
    made = Made("2026-11-29", "0.1.0", "0123456789ab", b"claim\n")
    figures = dict.fromkeys(BESIDE_FINDINGS, SVG)
    parts = findings(tables, viewed(spec))
    return findings_page(parts, "made", viewed(spec), PageParts(*read.values()), figures, captions, made)


def test_the_page_loads_nothing_and_links_to_other_files_in_one_place(html):
    before, after = html.split('<section id="folder"')
    assert not re.findall(r'(?:src|href)="(?!#|data:)[^"]*"', before)
    assert re.findall(r'href="(?!#)([^"]*)"', after)[0] == "episodes.html"


def test_figures_stand_once_in_the_order_of_the_argument_each_under_its_question(html):
    shown = re.findall(r'<figure id="figure-(\w+)"|<section id="(\w+)"', html)
    question, places = "", []
    for figure, section in shown:
        question = section or question
        if figure:
            places.append((figure, question))
    asked = {section for _, section in shown} - {""}
    beside = [(name, BESIDE_FINDINGS[name]) for name in FIGURES if name in BESIDE_FINDINGS]
    assert places == [place for place in beside if place[1] in asked]
    not_asked = {"forecast", "recipes", "sampling", "scale", "transfer", "variants"}
    assert {question for _, question in beside} - asked == not_asked
    assert set(BESIDE_FINDINGS.values()) <= set(QUESTIONS)


def test_the_page_numbers_figures_as_the_report_does():
    """The report counts all figures of a study; those that the page leaves out stand behind the others."""
    assert list(numbered(list(FIGURES)).items())[: len(BESIDE_FINDINGS)] == list(
        numbered(list(BESIDE_FINDINGS)).items()
    )


def test_every_word_is_explained_once_where_it_first_stands(html):
    explained = re.findall(r'<div id="word-([^"]*)"', html)
    assert len(explained) == len(set(explained)) > 15
    assert {"lift", "path", "unscored", "procedural-delta", "supported"} <= set(explained)
    assert html.count("<dfn>") == len(explained)
    sections = html.split('<section id="resolved">')[1]
    assert 0 < sections.index('<div id="word-lift"') < sections.index("<ul>")


def test_every_verdict_has_its_meaning_in_the_glossary():
    names = [term.name for term in TERMS]
    assert len(names) == len(set(names))
    verdicts = {
        claim_labels.SUPPORTED,
        claim_labels.CONTRADICTED,
        claim_labels.EQUIVALENT,
        claim_labels.NOT_RESOLVABLE,
        claim_labels.UNDEFINED,
    }
    assert verdicts | {HELD, FAILED, UNDETERMINED} <= set(names)


def test_a_term_is_marked_in_escaped_text_and_told_with_the_terms_of_its_meaning():
    glossary = Glossary("0.05")
    assert glossary.marked("the <b>lift</b> & a lift") == (
        "the &lt;b&gt;<dfn>lift</dfn>&lt;/b&gt; &amp; a lift"
    )
    names = [name for name, _ in glossary.notes()]
    assert names[:2] == ["lift", "procedural delta"] and {"SFT", "curated"} <= set(names)
    assert glossary.notes() == [] and glossary.marked("lift") == "lift"


def test_a_verb_is_no_verdict():
    glossary = Glossary("0.05")
    glossary.marked("the judge failed 5 % of the cases")
    assert glossary.notes() == []
    glossary.marked("4 predictions: 3 held, 1 failed.")
    assert [name for name, _ in glossary.notes()][:2] == ["held", "failed"]


@pytest.mark.parametrize("name", FIGURES)
def test_every_caption_can_be_shown_on_the_page(name, repository):
    text = (repository / f"rules/captions/{name}.rst").read_text(encoding="utf-8")
    shown = caption(text, {"lift": 1}, name)
    assert shown.question.endswith((".", "?")) and shown.what.startswith("<p>")
    assert "How to read it" in shown.how and "``" not in shown.how


def test_a_caption_names_other_figures_by_their_number_and_a_broken_one_is_named():
    shown = caption("**Why?** See ``lift`` and ``other`` <b>.\n\n- *n*: 1", {"lift": 1}, "x.rst")
    assert shown.what == '<p> See <a href="#figure-lift">figure 1</a> and <code>other</code> &lt;b&gt;.</p>'
    assert "the figure <a" in caption("**Why?** See the figure ``lift``.\n\nMore.", {"lift": 1}, "x").what
    for broken in ("No question.", "**Why?** An `open link`_ .", ""):
        with pytest.raises(UserError, match=r"x\.rst"):
            caption(broken, {}, "x.rst")


def test_what_says_little_stands_folded_behind_what_says_more(html):
    form = html.split('<section id="form">')[1].split("<section")[0]
    assert "more or better lines" in re.findall(r"<summary>(.*?)</summary>", form, re.DOTALL)
    known, unknown = (
        [Finding("trajectory", claim, f"{claim}.", word) for word in words]
        for claim, words in (
            ("one of them is known", ("supported", "undefined")),
            ("undefined throughout", ("undefined", "undefined")),
        )
    )
    blocks = _blocks(Part("trajectory", "An answer.", [*unknown, *known]), {})
    assert [(block.title, block.folded) for block in blocks] == [
        ("one of them is known", False),
        ("undefined throughout", True),
    ]
    (alone,) = _blocks(Part("trajectory", "An answer.", unknown), {})
    assert not alone.folded
