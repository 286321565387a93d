"""What study files and config.yaml may say, as typed models: keys, defaults, ranges, and what each key means.

The text below a field says what it means: it is shown by editors (`rules/schemas/`) and in
`docs/reference/study.md`, which are both made from these models.
"""
