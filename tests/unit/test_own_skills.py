"""A folder of SKILL.md files is read as the YAML file is; mistakes are named by file and line."""

from __future__ import annotations

import json

import pytest

from skillift.errors import UserError
from skillift.tasks.own_skills import read_skills, skill_files

WHOLE = """\
---
name: tip-share
description: Share a tip among the heads of a table. Use it when a bill is split.
license: MIT
metadata:
  domain: money
---

# Tip share

Some words, and a bulleted list:

- one
- two

## Steps

1. Read the `bill`.
2. Name the **tip**
   that was given.
3. Count the heads.
4. Divide the tip.
   - with care
5. Write the ANSWER line.

## Another list

1. not this
"""


@pytest.fixture
def folder(tmp_path):
    """Writes skills; returns their folder."""

    def write(**texts):
        for name, text in texts.items():
            path = tmp_path / "skills" / name.replace("_", "-") / "SKILL.md"
            path.parent.mkdir(parents=True)
            path.write_bytes(text.encode())
        return tmp_path / "skills"

    return write


def test_a_skill_folder_becomes_a_row_of_the_table_of_skills(folder):
    problems = []
    rows, ids = read_skills(folder(tip_share=WHOLE), problems)
    assert not problems
    assert ids == {"tip-share"}
    assert rows == [
        {
            "skill_id": "tip-share",
            "name": "tip-share",
            "domain": "money",
            "steps": [
                "Step 1: Read the bill.",
                "Step 2: Name the tip that was given.",
                "Step 3: Count the heads.",
                "Step 4: Divide the tip. with care",
                "Step 5: Write the ANSWER line.",
            ],
        }
    ]


def test_windows_line_ends_and_a_byte_order_mark_do_no_harm(folder):
    problems = []
    rows, _ = read_skills(folder(tip_share="\ufeff" + WHOLE.replace("\n", "\r\n")), problems)
    assert not problems
    assert len(rows[0]["steps"]) == 5


BAD = {
    "no front matter": (WHOLE[4:], "SKILL.md:1: found no front matter, expected YAML between two lines ---"),
    "another name": (
        WHOLE.replace("name: tip-share", "name: tips"),
        "SKILL.md:2: name: found 'tips', expected the name of its folder (tip-share)",
    ),
    "a name of another form": (
        WHOLE.replace("name: tip-share", "name: Tip Share"),
        "SKILL.md:2: name: found 'Tip Share', expected lower-case letters",
    ),
    "no description": (
        WHOLE.replace("description: Share", "summary: Share"),
        "description: found nothing, expected text",
    ),
    "a long description": (
        WHOLE.replace("Share a tip", "Share " * 200),
        "SKILL.md:3: description: found 1257 characters, expected at most 1024",
    ),
    "four steps": (
        WHOLE.replace("3. Count the heads.\n", ""),
        "SKILL.md:18: found 4 steps in the first numbered list, expected a numbered list of 5 steps",
    ),
    "an empty step": (WHOLE.replace("3. Count the heads.", "3."), "SKILL.md:18: found an empty step 3"),
    "no list": (WHOLE.partition("## Steps")[0], "found no numbered list, expected a numbered list of 5"),
}


@pytest.mark.parametrize(("text", "expected"), BAD.values(), ids=BAD)
def test_a_bad_skill_is_named_by_file_and_line(text, expected, folder):
    problems = []
    read_skills(folder(tip_share=text), problems)
    (line,) = problems
    assert "skills/tip-share/" in line
    assert expected in line


def test_front_matter_that_is_not_yaml_is_named_by_its_line(folder):
    with pytest.raises(UserError, match=r"SKILL\.md:5: found text that is not YAML"):
        read_skills(folder(tip_share=WHOLE.replace("license: MIT", "license: [MIT")), [])


def test_mistakes_of_all_skills_are_reported_together(folder):
    problems = []
    read_skills(folder(one=WHOLE, two=WHOLE), problems)
    assert [json.loads(line.split("found ")[1].split(",")[0].replace("'", '"')) for line in problems] == [
        "tip-share",
        "tip-share",
    ]


def test_a_folder_without_skills_is_refused(tmp_path):
    (tmp_path / "skills").mkdir()
    with pytest.raises(UserError, match=r"found no SKILL\.md in its folders"):
        read_skills(tmp_path / "skills", [])


def test_the_files_of_a_folder_are_listed_in_order(folder):
    files = skill_files(folder(b=WHOLE, a=WHOLE))
    assert [path.split("/")[-2] for path in files] == ["a", "b"]


def test_a_skill_folder_may_say_how_its_answers_are_compared(folder):
    problems = []
    text = WHOLE.replace("  domain: money", "  domain: money\n  answer_type: number")
    rows, _ = read_skills(folder(tip_share=text), problems)
    assert not problems and rows[0]["answer_type"] == "number"
