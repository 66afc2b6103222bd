"""A phone simulator: the SMS gateway's HTTP API, and phones to write and read on.

The product talks to it as it talks to Africa's Talking, through AT_BASE_URL and the hooks, and
knows nothing else of it. `python -m local.phone` runs it beside the product; tests run it inside
their own process:

    with PhoneSimulator(callback_base=address, token=token) as phone:
        phone.fault(hang_s=12, times=1)
        phone.inbound("+255712000001", "LALAMIKO maji hayatoki")
        phone.wait_idle()
        assert phone.ledger("+255712000001")
"""

from .faults import Fault
from .memory import CallbackRecord, SentMessage
from .simulator import PhoneSimulator
from .ussd import Session

__all__ = ["CallbackRecord", "Fault", "PhoneSimulator", "SentMessage", "Session"]
