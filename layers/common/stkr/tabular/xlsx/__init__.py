"""XLSX workbooks as rows of text, streamed, with nothing lost that a count depends on.

The common readers drop error values and formulas that were never calculated, which would turn a broken count into
"not counted". Here an error cell reads as its error (``#N/A``) and an uncalculated formula as ``=...``, so that
capture can park both. Numbers come out as the shortest text that is the same number, dates as ISO-8601. Where a number
format changes what a number says, the text says it, too: leading zeros, a percentage, the word in ``4 boxes``.
Hidden rows are rows like any other; hidden sheets are not read.
"""
