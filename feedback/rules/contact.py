"""By which ways a citizen is told something: SMS, e-mail, or both.

Who has no number that SMS reach gets everything by e-mail. Who has both gets by SMS everything,
and by e-mail what is worth keeping and may be long: answers, questions, why an answer takes
longer, the final letter.
"""

import re

LONGEST_EMAIL = 254
# One address and nothing else: signs that begin another would send the letter elsewhere.
_SIGN = r"[^@\s,;:<>()\[\]\"\\]"
_EMAIL = re.compile(rf"{_SIGN}+@{_SIGN}+\.(?!\.){_SIGN}+(?<!\.)")

# What a citizen waits for: sent whether or not the notices were stopped.
DIRECT = frozenset(
    {"answer", "partial_answer", "question", "extended", "final_letter", "final_letter_to"}
)


def is_direct(template: str) -> bool:
    """Whether a message is an answer or part of one, a question, more time, the final letter."""
    return template.removesuffix("_waits") in DIRECT


def ways(template: str, *, reachable: bool, mail: str) -> tuple[str, ...]:
    """`sms` and `email` in the order in which they are owed. mail: none, direct or all."""
    by_mail = mail in ("direct", "all") if is_direct(template) else mail == "all" and not reachable
    return (*(("sms",) if reachable else ()), *(("email",) if by_mail else ()))


def is_email(typed: str) -> bool:
    """Whether it is one e-mail address."""
    return len(typed) <= LONGEST_EMAIL and _EMAIL.fullmatch(typed) is not None
