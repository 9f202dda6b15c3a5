"""The phrasebook: Spanish sentences of our own making, their English, and which word goes with which.

from helpers.translation.phrasebook import phrasebook

for entry in phrasebook(5, seed=0):
    print(" ".join(entry.spanish), "|", " ".join(entry.english))
"""

from helpers.translation.phrasebook.entries import LONGEST, SHORTEST, Entry, phrasebook, split_of

__all__ = ["LONGEST", "SHORTEST", "Entry", "phrasebook", "split_of"]
