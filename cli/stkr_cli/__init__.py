"""The ``stkr`` command: the offline engine and the operators' tool."""
