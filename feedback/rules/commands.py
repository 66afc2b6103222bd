"""The words by which citizens say what they want, all in normalised form, in common spellings.

A word stands here only if many write it so; what is not here is a case to lodge, which loses
nothing.
"""

from enum import StrEnum


class Intent(StrEnum):
    """What the text asks for. EMPTY: no words, or a mere courtesy."""

    LODGE = "lodge"
    STATUS = "status"
    RECEIPT_CODE = "receipt_code"
    HELP = "help"
    SATISFIED = "satisfied"
    NOT_FIXED = "not_fixed"
    ADD = "add"
    ANONYMOUS = "anonymous"
    INSTITUTION = "institution"
    LANGUAGE = "language"
    PROVE = "prove"
    VERIFY = "verify"
    STOP = "stop"
    START = "start"
    NEW = "new"
    EMPTY = "empty"


COMMANDS: dict[str, Intent] = {
    **dict.fromkeys(
        (
            *("hali", "status", "fuatilia", "track", "ufuatiliaji", "hari", "staus", "statas"),
            *("hali ya shauri langu", "shauri langu limefika wapi", "limefikia wapi"),
            *("limefika wapi", "imefikia wapi", "status of my case"),
        ),
        Intent.STATUS,
    ),
    **dict.fromkeys(("msimbo", "code", "msimbo wa siri", "secret code"), Intent.RECEIPT_CODE),
    **dict.fromkeys(
        ("thibitisha", "uthibitisho", "nithibitishie", "prove", "proof", "my proof"), Intent.PROVE
    ),
    **dict.fromkeys(
        (
            *("nimeridhika", "nimerizika", "nimelidhika", "nimeridika", "nimetosheka"),
            *("imetatuliwa", "limetatuliwa", "tatizo limetatuliwa", "satisfied", "i am satisfied"),
            *("im satisfied", "fixed", "it is fixed", "resolved", "solved"),
        ),
        Intent.SATISFIED,
    ),
    **dict.fromkeys(
        (
            *("sijaridhika", "sijarizika", "sikuridhika", "sijalidhika", "sijaridika"),
            *("haijatatuliwa", "halijatatuliwa", "bado haijatatuliwa", "bado halijatatuliwa"),
            *("haijarekebishwa", "not fixed", "not satisfied", "still not fixed", "not solved"),
            *("not resolved", "i am not satisfied", "im not satisfied", "unsatisfied"),
        ),
        Intent.NOT_FIXED,
    ),
    **dict.fromkeys(
        ("msaada", "help", "usaidizi", "msada", "maelekezo", "jinsi ya kutumia"), Intent.HELP
    ),
    **dict.fromkeys(
        (
            *("acha", "sitisha", "stop", "simamisha", "acheni", "stop all", "unsubscribe"),
            *("acha sms", "sitisha sms", "stop sms", "acha ujumbe", "sitisha ujumbe"),
            *("acha kutuma", "acha kunitumia", "acha kutuma sms", "acha kunitumia sms"),
            *("stop messages", "usinitumie sms", "msinitumie sms", "usinitumie ujumbe"),
            *("msinitumie ujumbe",),
        ),
        Intent.STOP,
    ),
    **dict.fromkeys(
        (
            *("anza", "endelea", "start", "anza tena", "endelea kutuma", "unstop", "subscribe"),
            *("nitumie tena", "start again", "start sms"),
        ),
        Intent.START,
    ),
    **dict.fromkeys(("mpya", "shauri jipya", "new", "new case"), Intent.NEW),
}
"""Leading words of a command."""

LONGEST_COMMAND = max(len(phrase.split()) for phrase in COMMANDS)
"""Words in the longest of them."""

ALONE = frozenset({Intent.HELP, Intent.STOP, Intent.START, Intent.NEW})
"""Commands that are about no case: they count only when nothing follows."""

ADDITIONS = frozenset({"nyongeza", "naongeza", "naongezea", "ongezea", "addition", "adding"})
"""Leading words of more for a case that stands. "Ongeza" and "add" are none: "Ongeza taa"."""

KINDS: dict[str, str] = {
    **dict.fromkeys(
        (
            *("malalamiko", "lalamiko", "malamiko", "kero", "taarifa", "tatizo", "shida"),
            *("malalamko", "lalamko", "malalmiko", "maramiko", "nalalamika", "nalalamikia"),
            *("complaint", "complaints", "complain", "complant", "report", "problem"),
        ),
        "complaint",
    ),
    **dict.fromkeys(
        (
            *("maoni", "pendekezo", "mapendekezo", "ushauri", "napendekeza", "nashauri"),
            *("suggestion", "suggestions", "suggest", "sugestion"),
        ),
        "suggestion",
    ),
    **dict.fromkeys(
        (
            *("pongezi", "hongera", "hongereni", "napongeza", "nawapongeza", "pongez"),
            *("compliment", "compliments", "praise"),
        ),
        "compliment",
    ),
    **dict.fromkeys(
        (
            *("ulizo", "maulizo", "swali", "maswali", "nauliza", "swari"),
            *("naomba kuuliza", "naomba kujua", "nataka kujua", "i want to know"),
            *("enquiry", "inquiry", "question", "ask"),
        ),
        "enquiry",
    ),
}
"""Leading words that set the kind; without one it is a complaint."""

LONGEST_KIND = max(len(phrase.split()) for phrase in KINDS)
"""Words in the longest of them."""

LANGUAGES = {
    **dict.fromkeys(("kiswahili", "swahili", "kiswahil", "kishwahili"), "sw"),
    **dict.fromkeys(("english", "kiingereza", "kingereza", "englis", "inglish"), "en"),
}
LANGUAGE_WORDS = frozenset({"lugha", "language", "luga", "ya", "kwa", "in", "use", "tumia"})
"""What may stand beside the name of a language; "lugha" or "language" alone asks for the choice."""

CHOICE_WORDS = frozenset(
    {"jibu", "kumbukumbu", "namba", "ya", "ni", "kwa", "ref", "reply", "reference", "number", "is"}
)
"""What may stand beside a reference that does nothing but choose a case."""

VERIFYING = frozenset({"hakiki", "verify", "hakikisha"})
"""Leading words of an office that checks a proof; its code and PIN follow."""
SECRET = frozenset({"siri", "secret", "confidential", "faragha"})
ANONYMOUS = (
    *("bila jina", "usitaje jina", "ficha jina", "msitaje jina", "jina langu lisitajwe"),
    *("jina lisitajwe", "sitaki kujulikana", "nisijulikane", "without name", "hide my name"),
    *("do not name me", "anonymous", "anonymously", "usitaje jina langu", "ficha jina langu"),
    *("msitaje jina langu",),
)
BARE_ANSWERS = frozenset(
    {
        *("sijui", "sifahamu", "sina uhakika", "siyo", "sio", "si hiyo", "hapana", "ndiyo", "ndio"),
        *("ndiyo hiyo", "ndio hiyo", "i do not know", "i dont know", "dont know", "not sure"),
        *("yes", "no", "wrong"),
    }
)
"""Answers to a question of the system that are no case of their own."""
INSTITUTION_WORDS = frozenset({"taasisi", "institution", "tasisi", "taasis"})

POLITE = frozenset(
    {
        *("", "tafadhali", "please", "me", "naomba", "asante", "bado", "kabisa", "sana"),
        *("tafadhari", "asanteni", "thanks", "thank you"),
    }
)
"""What may follow a command that stands for itself."""
ABOUT_ANSWER = frozenset({"na jibu", "na majibu", "na jibu lenu", "na majibu yenu", "with answer"})
COURTESIES = frozenset(
    {
        *("asante", "ahsante", "asante sana", "ahsante sana", "asanteni", "asanteni sana"),
        *("shukrani", "shukran", "sawa", "sawa asante", "sawa ahsante", "poa"),
        *("ok", "okay", "thanks", "thank you", "thank you very much", "ok thanks"),
    }
)
GREETINGS = frozenset(
    {
        *("habari", "habari yako", "habari zenu", "hujambo", "jambo", "mambo", "salamu"),
        *("habari gani", "habari za leo", "habari za asubuhi", "habari za mchana"),
        *("habari za jioni", "habari za kazi", "mambo vipi", "salaam", "shikamoo"),
        *("hello", "hi", "good morning", "good afternoon", "good evening"),
    }
)

LONGEST_ANSWER = 8
"""Words in the longest answer to "which institution?" that begins with TAASISI."""
