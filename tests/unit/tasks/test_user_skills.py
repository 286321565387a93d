"""A folder of SKILL.md files is read as the YAML file is; mistakes are named by file and line."""

from __future__ import annotations

import pytest

from skillift.errors import UserError
from skillift.tasks.user_skills import read_skills, skill_files

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


def look(path) -> tuple[list[dict], list[str], list[str]]:
    """Rows, mistakes, warnings."""
    problems, warnings = [], []
    rows, _ = read_skills(path, problems, warnings)
    return rows, problems, warnings


BENT = {
    "no front matter": (
        WHOLE[WHOLE.index("\n# Tip") :],
        ":1: found no front matter, expected YAML between two",
    ),
    "an empty front matter": (
        "---\n---\n" + WHOLE[WHOLE.index("\n# Tip") :],
        ":1: found no front matter",
    ),
    "another name": (
        WHOLE.replace("name: tip-share", "name: tips"),
        ":2: name: found 'tips', expected the name of its folder (tip-share). Tasks name the skill by its",
    ),
    "a name of another form": (
        WHOLE.replace("name: tip-share", "name: Tip Share"),
        ":2: name: found 'Tip Share', expected lower-case letters",
    ),
    "no description": (
        WHOLE.replace("description: Share", "summary: Share"),
        ":2: description: found nothing, expected text",
    ),
    "a long description": (
        WHOLE.replace("Share a tip", "Share " * 200),
        ":3: description: found 1257 characters, expected at most 1024",
    ),
    "a colon without quotes": (
        WHOLE.replace("Use it when", "Use it: when"),
        ":3: description: found a colon in a text without quotes, expected YAML. The whole line was taken",
    ),
}


@pytest.mark.parametrize(("text", "expected"), BENT.values(), ids=BENT)
def test_what_other_tools_read_is_read_with_a_warning(text, expected, folder):
    rows, problems, warnings = look(folder(tip_share=text))
    assert problems == []
    assert [f"skills/tip-share/SKILL.md{expected}" in line for line in warnings] == [True]
    assert (rows[0]["skill_id"], len(rows[0]["steps"])) == ("tip-share", 5)


def test_a_text_with_a_colon_is_read_whole_and_lines_after_it_keep_their_numbers(folder):
    text = WHOLE.replace("Use it when a bill", "Use it: when\n  a bill").replace(
        "  domain: money", "  domain: 'a: b'"
    )
    text = text.replace("name: tip-share", "name: tip: share")
    rows, problems, warnings = look(folder(tip_share=text))
    assert problems == []
    assert [line.split(" found")[0].split("SKILL.md")[1] for line in warnings] == [
        ":2: name:",
        ":2: name:",
        ":3: description:",
    ]
    assert (rows[0]["name"], rows[0]["domain"]) == ("tip: share", "a: b")


BAD = {
    "an empty step": (WHOLE.replace("3. Count the heads.", "3."), "SKILL.md:18: found an empty step 3"),
    "nothing but front matter": (
        WHOLE.partition("# Tip share")[0],
        "SKILL.md:7: found no procedure, expected",
    ),
    "front matter that is no YAML": (
        WHOLE.replace("license: MIT", "license: [MIT"),
        "SKILL.md:5: found text that is not YAML",
    ),
    "a null character": (WHOLE.replace("heads", "he\x00ads"), "SKILL.md: found a null character"),
    "two lists": (
        WHOLE.replace("## Steps", "## What to do").replace(
            "1. not this", "1. not this, or maybe this\n2. or that"
        ),
        "SKILL.md:18: found 2 numbered lists that may be the procedure (on line 18 under 'What to do'; on "
        "line 28 under 'Another list'), expected one of them under a heading Procedure, Steps, Workflow or",
    ),
    "two lists under such headings": (
        WHOLE.replace("Another list", "WORKFLOW") + "2. nor that\n",
        "on line 28 under 'WORKFLOW'",
    ),
}


@pytest.mark.parametrize(("text", "expected"), BAD.values(), ids=BAD)
def test_a_bad_skill_is_named_by_file_and_line(text, expected, folder):
    (line,) = look(folder(tip_share=text))[1]
    assert "skills/tip-share/" in line
    assert expected in line


def test_mistakes_of_all_skills_are_reported_together(folder):
    broken, empty = WHOLE.replace("license: MIT", "license: [MIT"), BAD["an empty step"][0]
    rows, problems, _ = look(folder(one=broken, two=empty, three=WHOLE))
    assert [line.split("/SKILL.md")[0].split("/")[-1] for line in problems] == ["one", "two"]
    assert "three" in [row["skill_id"] for row in rows]


def test_a_folder_without_skills_is_refused(tmp_path):
    (tmp_path / "skills").mkdir()
    with pytest.raises(UserError, match=r"found no SKILL\.md in its folders"):
        read_skills(tmp_path / "skills", [])


def test_the_files_of_a_folder_are_listed_in_order(folder):
    files = skill_files(folder(b=WHOLE, a=WHOLE))
    assert [path.split("/")[-2] for path in files] == ["a", "b"]


def test_a_file_in_lower_case_and_one_that_excel_would_call_unicode_are_found_and_read(folder):
    path = folder(tip_share=WHOLE) / "tip-share"
    (path / "SKILL.md").unlink()
    (path / "skill.md").write_bytes(WHOLE.encode("utf-16"))
    rows, problems, _ = look(path.parent)
    assert (problems, len(rows[0]["steps"])) == ([], 5)


def test_a_folder_whose_name_a_mac_took_apart_has_the_id_that_tasks_write(folder):
    rows, problems, _ = look(folder(café=WHOLE))
    assert (problems, rows[0]["skill_id"]) == ([], "caf\u00e9")


def test_skills_that_lie_deeper_are_pointed_at(folder):
    path = folder(tip_share=WHOLE)
    with pytest.raises(
        UserError, match=r"found no SKILL\.md .*There are some below .*/skills; name that folder"
    ):
        look(path.parent)


def test_a_skill_folder_may_say_how_its_answers_are_compared(folder):
    problems = []
    text = WHOLE.replace("  domain: money", "  domain: money\n  answer_type: number")
    rows, _ = read_skills(folder(tip_share=text), problems)
    assert not problems and rows[0]["answer_type"] == "number"


def test_a_skill_file_in_place_of_a_folder_is_answered_with_the_folder(tmp_path):
    (tmp_path / "skills/harbor").mkdir(parents=True)
    file = tmp_path / "skills/harbor/SKILL.md"
    file.write_text("---\nname: harbor\n---\n\nRead it.\n")
    with pytest.raises(UserError, match=rf"found one Markdown file, .* are in: {tmp_path}/skills\."):
        read_skills(file, [])
