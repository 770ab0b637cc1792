"""Tables as people export them: any encoding, any delimiter, text or workbook, read row by row in bounded memory.

Nothing here knows about stock: ``capture`` and ``stockfile`` say what a header means.
"""
