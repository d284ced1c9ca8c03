"""How many decimals a number needs where people read it."""

from decimal import Decimal


def decimals(value: float) -> int:
    """How many decimals tell ``value``, six at most and without zeros at the end: 12.5 needs 1, 100.0 none."""
    return max(0, -Decimal(f"{value:.6f}").normalize().as_tuple().exponent)
