"""Word lists behind the routing of a citizen's words, all in normalised form.

The first guess of a small shipped table; what handlers correct belongs in the reference data's
aliases and keywords, which an administrator edits.
"""

INTEGRITY_WORDS = frozenset(
    {
        *("rushwa", "lushwa", "rushua", "hongo", "mahongo", "mlungula", "milungula", "kitu kidogo"),
        *("ufisadi", "fisadi", "mafisadi", "ubadhirifu", "takrima", "matumizi mabaya ya madaraka"),
        *("matumizi mabaya ya ofisi", "mgongano wa maslahi", "mgongano wa kimaslahi"),
        *("unyanyasaji wa mtumishi", "unyanyasaji wa watumishi", "wizi wa fedha za umma"),
        *("wizi wa mali ya umma", "bribe", "bribes", "bribed", "bribery", "corrupt", "corruption"),
        *("kickback", "kickbacks", "embezzle", "embezzled", "embezzlement", "extortion"),
        *("sextortion", "nepotism", "abuse of office", "abuse of power", "conflict of interest"),
        *("misconduct",),
    }
)
"""Words of corruption or conduct that say it by themselves."""

CONDUCT_WORDS = (
    *("unyanyasa", "unyanyasaji", "nyanyas", "ananyanyas", "wananyanyas", "amenyanyas"),
    *("aminyanyas", "amenitukana", "ametutukana", "ananitukana", "wanatukana", "anatukana"),
    *("matusi", "lugha chafu", "lugha mbaya", "udhalilishaji", "amenidhalilisha", "ubaguzi"),
    *("upendeleo", "vitisho", "amenitishia", "amenipiga", "harass", "insult", "humiliat", "threat"),
    *("favouritism", "favoritism", "rude"),
)
"""Beginnings of words of misconduct, which count when a public servant is spoken of as well."""

OFFICIAL_WORDS = (
    *("mtumishi", "watumishi", "afisa", "maafisa", "ofisa", "maofisa", "daktari", "madaktari"),
    *("muuguzi", "wauguzi", "nesi", "manesi", "mwalimu", "walimu", "polisi", "askari", "mkuu"),
    *("wakuu", "mwenyekiti", "mtendaji", "watendaji", "mkurugenzi", "karani", "dereva", "bosi"),
    *("officer", "doctor", "nurse", "teacher", "police", "official", "staff", "director", "clerk"),
    *("civil servant", "public servant", "head"),
)
"""Beginnings of words for public servants."""

CONNECTORS = frozenset({"ya", "wa", "la", "za", "cha", "kwa", "ni", "na", "of", "the", "to", "in"})

PLACE_MARKS = frozenset(
    {
        *("wilaya", "halmashauri", "manispaa", "mji", "jiji", "mkoa", "kata", "tarafa", "kijiji"),
        *("mtaa", "dc", "tc", "mc", "cc", "council", "district", "municipal", "municipality"),
        *("town", "city", "region", "ward", "katika", "huko", "hapa"),
    }
)
"""Words beside which an ordinary word is the name of a place."""

ORDINARY_NAMES = frozenset(
    {
        *("same", "hai", "moshi", "mwanga", "songea", "mafia", "mpanda", "pwani", "mjini", "kati"),
        *("kusini", "kaskazini", "magharibi", "mashariki", "tanga", "chato", "meru", "maswa"),
        *("bunda", "bahi", "siha", "chunya", "mkoani", "maji", "ardhi", "afya", "elimu"),
    }
)
"""Names and codes that are ordinary words as well: moshi is smoke, mwanga light, hai alive."""

ORDINARY_WORDS = frozenset(
    {
        *("kuondoa", "baridi", "msalaba", "mafundi", "bahati", "kahawa", "kibaya", "harusi"),
        *("matatizo", "tatizo", "huduma", "barabara", "hospitali", "serikali", "wananchi"),
        *("mwananchi", "malalamiko", "lalamiko", "tafadhali", "nimekuwa", "tunaomba"),
        *("naomba", "hakuna", "mahali", "maswali", "shukrani", "kutoka", "kuhusu", "kwanza"),
        *("mabaya", "kisima", "kibali", "examination", "mafuta", "fishermen", "karibu"),
        *("building", "officer", "barabarani", "teacher", "msaada", "mgambo", "mtihani"),
        *("darasa", "matusi", "student", "utaratibu", "kidato", "usaili", "taarifa"),
        *("ngombe", "medicine", "machinga", "stolen", "ukeketaji", "rushua", "group"),
    }
)
"""Words that look like a misspelt name and are none."""

ENGLISH = frozenset(
    {
        *("the", "is", "are", "was", "were", "has", "have", "had", "been", "not", "there"),
        *("this", "that", "with", "for", "from", "and", "of", "to", "in", "on", "my", "our"),
        *("we", "you", "they", "please", "water", "road", "complaint", "help", "status"),
        *("satisfied", "fixed", "thanks", "hello", "when", "why", "what", "how", "no", "code"),
        *("question", "enquiry", "suggestion", "compliment", "report", "secret", "anonymous"),
    }
)
"""Common words that tell an English text."""

SWAHILI = frozenset(
    {
        *("ya", "wa", "la", "za", "cha", "vya", "kwa", "na", "ni", "si", "hakuna", "hatuna"),
        *("hatujapata", "tangu", "sana", "yetu", "yangu", "wetu", "langu", "kuhusu"),
        *("tunaomba", "naomba", "maji", "barabara", "malalamiko", "lalamiko", "kero", "maoni"),
        *("pendekezo", "pongezi", "ulizo", "swali", "taarifa", "hali", "msimbo", "msaada"),
        *("nimeridhika", "sijaridhika", "siri", "asante", "habari", "lini", "kwanini", "nini"),
        *("wapi", "leo", "jana", "bado", "hii", "hiyo", "huyu", "katika", "mtaa", "kijiji"),
        *("shule"),
    }
)
"""Common words that tell a Swahili text."""
