"""The stock count reconciler: a count goes in, variances come out, and no stock moves until a manager signs.

The sub-packages are the stages of a count in the order the data flows:
``session`` -> ``capture`` -> ``variance`` -> ``cause`` -> ``approval``; ``sync``, ``sweep``, ``summary`` beside them.
Each has a pure core that decides and a thin shell that reads and writes. Nothing here reads the clock or draws
randomness on its own: the handlers pass both in.
"""

import gc

# Modules, models and clients stay for as long as the process does, and looking through them for garbage again and again
# took a tenth of every start. Python counts 700 new objects to the next look (2,000 since 3.13); what a function leaves
# behind between two looks of ours is a few megabytes at most.
gc.set_threshold(50_000, 20, 20)
