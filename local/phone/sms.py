"""How many SMS parts a text takes on the air, so that a too long reply is seen and priced."""

GSM_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_EXTENSION = frozenset("\f^{}\\[~]|€")

GSM_SINGLE, GSM_PART = 160, 153
UCS2_SINGLE, UCS2_PART = 70, 67


def is_gsm7(text: str) -> bool:
    """Whether every character stands in the GSM 03.38 alphabet or its extension table."""
    return all(letter in GSM_BASIC or letter in GSM_EXTENSION for letter in text)


def parts(text: str) -> int:
    """Number of SMS parts of `text`: septets for GSM-7, UTF-16 units as soon as it is UCS-2."""
    if is_gsm7(text):
        length = sum(2 if letter in GSM_EXTENSION else 1 for letter in text)
        single, part = GSM_SINGLE, GSM_PART
    else:
        length = len(text.encode("utf-16-be")) // 2
        single, part = UCS2_SINGLE, UCS2_PART
    return 1 if length <= single else -(-length // part)
