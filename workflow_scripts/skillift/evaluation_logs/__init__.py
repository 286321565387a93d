"""Scores from the logs of other evaluation harnesses, brought into skillift's tables.

A reader for each kind of log gives `records.Evaluation`; `arms` pairs them and refuses what cannot be
compared; `tables` makes tasks, scores and episodes of them, which are analysed like those of any study.
"""
