"""Where a response names a value of the reference's form, and whether the last one is the reference.

For the offline judges, which know no language: a response in prose names values (numbers, lists, times, names
of days), and the last of them is taken for its conclusion, unless the response doubts it or takes it back.
The form is the reference's own, word by word: a number, a capital letter, a word with a capital, a pattern of
digits such as that of a date. Words in small letters have no rivals but the items of the task's own lists;
others are looked for as they are.

A list is one value, however it is written: between commas, with an `and`, or an item a line
(`skillift.chat.listings`). So a response that says the task's list again does not name its last item.
"""

from __future__ import annotations

import re

from skillift.answers.comparison import says_the_same
from skillift.answers.dress import fold_characters, spell_scripts, undress
from skillift.chat.listings import EDGES, Mention, form_of, is_enumerated, lists_as_one

_NO_WORDS = re.compile(r"\\[a-zA-Z]+|[{}$=→⇒]|\\[()\[\]]")  # commands of LaTeX, signs between values
_CHUNK = re.compile(r"\S+")
_SENTENCE_END = re.compile(r"[.!?][\"'”)*`]*(?=\s)|\n")
_NUMBERING = re.compile(
    r"(?:^|\n)[ \t>*_#]*\(?\d{1,3}[.):](?=\s)|\b(?:step|part|line|section)\s+\d+\b", re.IGNORECASE
)
_DOUBT = re.compile(
    r"\b(?:either|perhaps|maybe|possibl[ey]|might|could be|or|unsure|uncertain|not sure|"
    r"(?:can|could)(?:not|n't| not) (?:tell|decide|say))\b",
    re.IGNORECASE,
)
_DENIAL = re.compile(r"(?:\bnot|\bnever|n't|\brather than|\binstead of)\s+(?:\w+\s+)?\W*\Z", re.IGNORECASE)
_GUESS = re.compile(
    r"\b(?:perhaps|maybe|possibly|might be|may be|not sure\W+\w+)\W+(?:\w+\W+){0,2}\Z", re.IGNORECASE
)
_TAKEN_BACK = re.compile(
    r"\b(?:(?:is|was|seems|looks|must be) (?:\w+ )?(?:wrong|mistaken|incorrect|not (?:right|correct))|"
    r"correction|scrap that|i was wrong|take (?:that|it) back|on second thought)\b",
    re.IGNORECASE,
)
_OTHERWISE = re.compile(rf"{_TAKEN_BACK.pattern}|\b(?:but|instead)\b", re.IGNORECASE)
_UNIT_SIGN = re.compile(r"[%‰°€$£¥]|per\s?cent\b", re.IGNORECASE)


def mentions(
    text: str, reference: str, answer_type: str, whole: bool = True, listed: frozenset[str] = frozenset()
) -> list[Mention]:
    """The values of the reference's form in `text`, in order.

    With `whole`, a run of more words than the reference has is another value, and so is a list; without, its
    end counts. `listed` has the task's `listed_items`.
    """
    plain = _plain(text)
    plain = _NUMBERING.sub(lambda found: re.sub(r"\S", " ", found[0]), plain)
    chunks = list(_CHUNK.finditer(plain))
    wanted = _forms(reference, listed)
    if not wanted:
        return []
    named = {form for form in wanted if form != "word"}
    items = listed if "item" in named else frozenset()
    found, place = [], 0
    while place < len(chunks):
        if (
            named
            and form_of(chunks[place][0], items) in named
            and not _opens_sentence(plain, chunks, place, wanted)
        ):
            last = place + 1
            while last < len(chunks) and _goes_on(chunks, last, wanted, named, items):
                last += 1
            last = _with_unit(chunks, place, last, wanted)
            if not whole and not _equal(chunks[place:last], reference, answer_type):
                place = max(place, last - len(wanted))
        elif _equal(chunks[place : place + len(wanted)], reference, answer_type):
            last = min(place + len(wanted), len(chunks))
        else:
            place += 1
            continue
        run = chunks[place:last]
        right = _right(run, reference, answer_type)
        if right and whole and not named - {"item"} and is_enumerated(chunks, place, last):
            right = False
        found.append(Mention(run[0].start(), run[-1].end(), _joined(run), right))
        place = last
    return list(lists_as_one(plain, found, reference, answer_type, listed)) if whole else found


def _forms(reference: str, listed: frozenset[str]) -> list[str]:
    """The form of each word of a reference; plain words that are all items of the task's lists are `item`."""
    words = undress(fold_characters(reference)).split()
    forms = list(map(form_of, words))
    if set(forms) == {"word"} and all(word.strip(EDGES).casefold() in listed for word in words):
        return ["item"] * len(words)
    return forms


def has_form(reference: str, listed: frozenset[str] = frozenset()) -> bool:
    """Whether a reference has a form that other values share, so that they can be told from it."""
    return any(form != "word" for form in _forms(reference, listed))


def ends_in(
    text: str, reference: str, answer_type: str, whole: bool = True, listed: frozenset[str] = frozenset()
) -> Mention | None:
    """The last value that `text` names; None where it names none.

    It is not `right` where it is doubted, denied or taken back afterwards. `whole`, `listed`: see `mentions`.
    """
    plain = _plain(text)
    found = mentions(text, reference, answer_type, whole, listed)
    # "42, not 43" says 42
    found = [mention for mention in found if mention.right or not _DENIAL.search(plain[: mention.start])]
    if not found:
        return None
    last = found[-1]
    starts = [0, *(end.end() for end in _SENTENCE_END.finditer(plain)), len(plain) + 1]
    begin = max(start for start in starts if start <= last.start)
    end = min(start for start in starts if start > last.start)
    rivals = any(not mention.right and begin <= mention.start < end for mention in found)
    doubted = rivals and _DOUBT.search(plain, begin, min(end, len(plain)))
    before = plain[begin : last.start]
    denied = _DENIAL.search(before) or _GUESS.search(before)
    # words in small letters have no rivals, so that a "but" is all that tells of another conclusion
    taken_back = _TAKEN_BACK if has_form(reference, listed) else _OTHERWISE
    if (
        doubted
        or denied
        or taken_back.search(plain, last.end)
        or _ends_in_another_form(plain, last, reference, listed)
    ):
        return Mention(last.start, last.end, last.text, False)
    return last


def _ends_in_another_form(plain: str, last: Mention, reference: str, listed: frozenset[str]) -> bool:
    """Whether the very last word is a value of another form: "Take 8. ANSWER: Sun" does not say 8."""
    rest = plain[last.end :].rstrip(EDGES).split()
    forms = {"word", *_forms(reference, listed)}
    return bool(rest) and form_of(rest[-1]) not in forms


def _plain(text: str) -> str:
    return spell_scripts(_NO_WORDS.sub(lambda found: " " * len(found[0]), fold_characters(text)))


def _opens_sentence(plain: str, chunks: list[re.Match], place: int, wanted: list[str]) -> bool:
    """Whether a word has its capital from its place alone: the first of a sentence that goes on."""
    if form_of(chunks[place][0]) not in ("name", "letter"):
        return False
    before = plain[: chunks[place].start()].rstrip(" \t\"'*_`(")
    if before and before[-1] not in ".!?\n":
        return False
    alone = place + 1 == len(chunks) or "\n" in plain[chunks[place].end() : chunks[place + 1].start()]
    return not alone and len(wanted) == 1 and not re.search(r"[,.;!?)]\W*\Z", chunks[place][0])


def _goes_on(
    chunks: list[re.Match], place: int, wanted: list[str], named: set[str], items: frozenset[str]
) -> bool:
    """Whether a run goes on with this word: nothing but a comma or the like stands before it."""
    before = chunks[place - 1][0].rstrip("\"'`*_")
    whole = "\n" not in chunks[place].string[chunks[place - 1].end() : chunks[place].start()]
    stops = r"[.!?:)\]]\Z" if len(wanted) > 1 else r"[.!?:;)\]]\Z"
    if not whole or re.search(stops, before):
        return False
    listed = len(wanted) > 1 and chunks[place][0] in ("and", "&") and place + 1 < len(chunks)
    return form_of(chunks[place + listed][0], items) in named


def _with_unit(chunks: list[re.Match], place: int, last: int, wanted: list[str]) -> int:
    """The end of a run with as many words behind its number as the reference has, and a sign of a unit."""
    if last - place == 1 and last < len(chunks) and _UNIT_SIGN.match(chunks[last][0]):
        last += 1
    if last - place > 1 or wanted[0] != "number" or "word" not in wanted:
        return last
    return min(place + len(wanted), len(chunks))


def _joined(run: list[re.Match]) -> str:
    return " ".join(chunk[0] for chunk in run).strip(" \t.,;:!?\"'`*_>|")


def _equal(run: list[re.Match], reference: str, answer_type: str) -> bool:
    return bool(run) and says_the_same(_joined(run), reference, answer_type)


def _right(run: list[re.Match], reference: str, answer_type: str) -> bool:
    if _equal(run, reference, answer_type):
        return True
    # "42 is", "€17.00": what stands behind a number in prose is no unit, if the reference has none
    return (
        answer_type == "number"
        and len(run) > 1
        and not _UNIT_SIGN.match(run[1][0])
        and (form_of(run[1][0]) == "word" and _equal(run[:1], reference, answer_type))
    )
