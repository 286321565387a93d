"""The tokenizer of the students that are trained from scratch: byte-level BPE with a minimal chat template.

It is trained on the lexicon of the task pack until each word, item and step label is one token; any other
text falls back to bytes. No randomness enters: the same difficulty gives the same bytes. One tokenizer serves
all tiers, so tiers differ in nothing but their capacity.
"""

from __future__ import annotations

from pathlib import Path

from skillift.libraries import prepare_libraries
from skillift.settings.student_specs import TokenizerSpec
from skillift.taskpack.lexicon import lexicon

PAD, USER, ASSISTANT, END = "<|pad|>", "<|user|>", "<|assistant|>", "<|end|>"
SPECIAL_TOKENS = [PAD, USER, ASSISTANT, END]

# A leading space belongs to the word, as in GPT-2; labels of steps stay whole, so that a worked step and the
# step of the procedure that it follows begin with the same token.
WORD_PATTERN = r"Step \d:|ANSWER:| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+"

# A conversation up to the generation prompt is a prefix of the same conversation with its answer. The
# `generation` block marks what trl's assistant-only loss is taken on.
CHAT_TEMPLATE = (
    "{%- for message in messages -%}"
    "{%- if message.role == 'assistant' -%}"
    "{{- '<|assistant|>' -}}{%- generation -%}{{- message.content + '<|end|>' -}}{%- endgeneration -%}"
    "{%- else -%}"
    "{{- '<|user|>' + message.content + '<|end|>' -}}"
    "{%- endif -%}"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{- '<|assistant|>' -}}{%- endif -%}"
)

_LARGEST_VOCABULARY = 4096
POSITIONS = 4096  # rotary embeddings cost nothing by length; own tasks may be longer than the pack's


def build_tokenizer(spec: TokenizerSpec, folder: Path | str) -> None:
    """Train the tokenizer and save it as `transformers` reads it.

    Args:
        spec: of which pack the words become single tokens.
        folder: is made if need be; gets tokenizer.json and tokenizer_config.json (with the chat template).
    """
    prepare_libraries()
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(WORD_PATTERN), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    core.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=_LARGEST_VOCABULARY,
        min_frequency=1,
        special_tokens=SPECIAL_TOKENS,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    core.train_from_iterator(lexicon(spec.difficulty), trainer)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=core,
        pad_token=PAD,
        eos_token=END,
        additional_special_tokens=[USER, ASSISTANT],
        clean_up_tokenization_spaces=False,
        model_max_length=POSITIONS,
    )
    tokenizer.chat_template = CHAT_TEMPLATE
    tokenizer.save_pretrained(folder)
