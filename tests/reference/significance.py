"""Slow, obvious significance of many digits: what `kernels.significance` must equal."""

from decimal import Decimal, localcontext


def li_ma(n_on, n_off, alpha):
    """Equation 17 of Li & Ma (1983), as it is printed."""
    with localcontext() as context:
        context.prec = 60
        on, off, a = Decimal(n_on), Decimal(n_off), Decimal(alpha)
        if on < a * off:
            return 0.0
        total = Decimal(0)
        if on > 0:
            total += on * ((1 + a) / a * on / (on + off)).ln()
        if off > 0:
            total += off * ((1 + a) * off / (on + off)).ln()
        return float((2 * max(total, Decimal(0))).sqrt())
