"""Constants for exact arithmetic: quantities and money are ``Decimal``, never floats."""

from decimal import Decimal

ZERO = Decimal(0)
ONE = Decimal(1)
HUNDRED = Decimal(100)
