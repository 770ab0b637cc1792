"""The constants of exact arithmetic. Quantities and money are ``Decimal``, never floats."""

from decimal import Decimal

ZERO = Decimal(0)
ONE = Decimal(1)
HUNDRED = Decimal(100)
