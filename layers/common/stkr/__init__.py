"""The stock count reconciler: a count goes in, variances come out, and no stock moves until a manager signs.

The sub-packages are the stages of a count in the order the data flows:
``session`` -> ``capture`` -> ``variance`` -> ``cause`` -> ``approval``; ``sync``, ``sweep``, ``summary`` beside them.
Each has a pure core that decides and a thin shell that reads and writes. Nothing here reads the clock or draws
randomness on its own: the handlers pass both in.
"""
