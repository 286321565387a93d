"""The procedure of a document is its list where that is meant, and else its text; labels stand once."""

from __future__ import annotations

import pytest

from skillift.tasks.prompts import render_user_message
from skillift.tasks.skill_documents import procedure_of
from skillift.tasks.step_labels import split_labels, without_own_labels

READ, SORT, WRITE = "1. Read the entries.\n", "2. Sort them by size.\n", "3. Write the ANSWER line.\n"
LIST = READ + SORT + WRITE
STEPS = ["Step 1: Read the entries.", "Step 2: Sort them by size.", "Step 3: Write the ANSWER line."]
NEEDED = "1. Have a ledger.\n2. Have a pen.\n"

LISTS = {
    "the list alone": LIST,
    "a title above it": f"# Ledger\n\nSome words.\n\n{LIST}",
    "under Procedure": f"# Ledger\n\n## Prerequisites\n\n{NEEDED}\n## Procedure\n\n{LIST}",
    "under steps in small letters": f"{NEEDED}\n##### steps\n{LIST}\n## Notes\n\n{NEEDED}",
    "under a heading of another form": f"Needed\n======\n\n{NEEDED}\nWORKFLOW:\n---------\n\n{LIST}",
    "under a heading in dress": f"## Before\n\n{NEEDED}\n## 2. 🔧 **Instructions**\n\n{LIST}",
    "under a bold line": f"Before:\n\n{NEEDED}\n**Steps**\n\n{LIST}",
    "under a line with a colon": f"Before:\n\n{NEEDED}\nSteps to follow:\n{LIST}",
    "with a bulleted list beside it": f"- one\n- two\n\n## Steps\n\n{LIST}",
    "with one item beside it": f"{LIST}\n## See\n\n1. the manual\n",
    "with labels of its own": "1. **Step 1: Read** the entries.\n2. **Step 2:** Sort them by size.\n"
    "3. Step 3 - Write the ANSWER line.\n",
}


@pytest.mark.parametrize("text", LISTS.values(), ids=LISTS)
def test_a_list_that_is_the_procedure_gives_its_steps(text):
    assert procedure_of(text).steps == STEPS


UNCLEAR = {
    "neither is named": (f"# Ledger\n\n## Needed\n\n{NEEDED}\n## Doing it\n\n{LIST}", ["Needed", "Doing it"]),
    "both are": (f"## Workflow\n\n{NEEDED}\n## Steps\n\n{LIST}", ["Workflow", "Steps"]),
}


@pytest.mark.parametrize(("text", "headings"), UNCLEAR.values(), ids=UNCLEAR)
def test_of_two_lists_that_may_be_meant_none_is_taken(text, headings):
    procedure = procedure_of(text)
    assert procedure.steps == []
    assert [heading for _, heading in procedure.unclear] == headings


PROSE = "Ledgers are kept by hand, so that every entry has been read by somebody." + " Each sum too." * 60
DOCUMENTS = {
    "no list": f"# Ledger\n\nRead the entries.\n\n{PROSE}\n",
    "a list of alternatives": f"# Ledger\n\n{PROSE}\n\n## Kinds\n\n{LIST}",
    "a small list under Workflow": f"# Ledger\n\n{PROSE}\n\n{PROSE}\n\n## Workflow\n\n1. Go.\n2. Stop.\n",
    "best practices": f"# Ledger\n\nShort.\n\n## Best practices\n\n{LIST}",
    "a list for each part": "\n".join(f"## Part {part}\n\n{LIST}" for part in "abcd"),
    "code and a table": "# Ledger\n\n```sh\nmake\n\nmake test\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n",
}


@pytest.mark.parametrize("text", DOCUMENTS.values(), ids=DOCUMENTS)
def test_a_document_is_shown_as_it_stands_with_a_line_before_the_task(text):
    steps = procedure_of("\n\n" + text).steps
    assert len(steps) > 1
    assert render_user_message("Sum of 1 2?", steps) == f"{text.strip()}\n\nSum of 1 2?"


def test_a_heading_stays_with_what_follows_it_and_code_is_one_piece():
    steps = procedure_of("# Ledger\n\n## Reading\n\nRead.\n\n```\na\n\nb\n```\n\n## Writing\n\nWrite.").steps
    assert steps == ["# Ledger\n\n## Reading\n\nRead.\n", "```\na\n\nb\n```\n", "## Writing\n\nWrite.\n"]


def test_a_document_of_one_list_without_numbers_is_cut_at_its_items():
    assert procedure_of("# Ledger\n\n- Read.\n- Sort.\n  - twice\n- Write.").steps == [
        "# Ledger\n\n- Read.\n",
        "- Sort.\n  - twice\n",
        "- Write.\n",
    ]


def test_a_document_of_one_paragraph_is_one_piece_and_of_nothing_none():
    assert procedure_of("Read the entries and write their sum.").steps == [
        "Read the entries and write their sum.\n"
    ]
    assert procedure_of("\n \n").steps == []


def test_a_step_with_code_keeps_it_and_a_list_that_code_parts_is_one_list():
    inside = "## Steps\n\n1. Run it:\n\n   ```sh\n   make\n     test\n   ```\n2. Write.\n"
    assert procedure_of(inside).steps == ["Step 1: Run it:\n\n```sh\nmake\n  test\n```", "Step 2: Write."]
    between = "## Steps\n\n1. Run it:\n\n```sh\nmake\n```\n\n2. Write.\n"
    assert procedure_of(between).steps == ["Step 1: Run it:\n```sh\nmake\n```", "Step 2: Write."]


def test_line_breaks_and_links_within_a_step_become_words():
    steps = procedure_of("1. Read  \n   the [ledger](x.md)\\\n   twice.\n2. Write `sum`.\n").steps
    assert steps == ["Step 1: Read the ledger twice.", "Step 2: Write sum."]


LABELS = {
    "Step": (["Step 1: a", "Step 2: b"], ["Step 1: ", "Step 2: "]),
    "numbers": (["1. a", "2) b"], ["", ""]),
    "another language": (["Schritt 1: a", "Schritt 2: b"], ["Schritt 1: ", "Schritt 2: "]),
    "dashes": (["Étape 1 – a", "Étape 2 – b"], ["Étape 1 – ", "Étape 2 – "]),
    "bold": (["**1.** a", "**2.** b"], ["**1.** ", "**2.** "]),
    "headings": (["## 1. a\n", "x\n", "## 2. b\n"], ["## 1. ", "", "## 2. "]),
    "two within each other": (["1. Step 1: a", "2. Step 2: b"], ["1. Step 1: ", "2. Step 2: "]),
    "one alone": (["Take 3. Then turn.", "Turn it."], ["", ""]),
    "falling": (["2. a", "1. b"], ["", ""]),
    "amounts": (["1.5 cups of a", "2.5 cups of b"], ["", ""]),
}


@pytest.mark.parametrize(("steps", "labels"), LABELS.values(), ids=LABELS)
def test_a_label_is_one_in_a_series(steps, labels):
    pairs = split_labels(steps)
    assert [label for label, _ in pairs] == labels
    assert [label + text for label, text in pairs] == steps


OWN = {
    "bold words": (["**Step 1: Read** it", "**Step 2: Write** it"], ["**Read** it", "**Write** it"]),
    "from zero": (["Phase 0: Read", "Phase 1: Write"], ["Read", "Write"]),
    "one of them": (["Step 1: Read", "Write"], ["Read", "Write"]),
    "another count": (["Look at page 7: it is", "Turn to page 9: it is"], None),
    "a number in a text": (["Take 3: no more", "Leave 1: no less"], None),
}


@pytest.mark.parametrize(("items", "texts"), OWN.values(), ids=OWN)
def test_labels_that_count_as_the_list_does_are_taken_off(items, texts):
    assert without_own_labels(items) == (items if texts is None else texts)
