"""What citizens and offices wrote in a made-up history: sentences put together from parts.

Nothing here comes from a real message. `{place}` is a place of the institution.
"""

from __future__ import annotations

from random import Random

SUBJECTS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "WATER": (
        (
            "Maji hayatoki {place} kwa wiki mbili sasa.",
            "Bomba kuu limepasuka karibu na soko la {place} na maji yanamwagika usiku na mchana.",
            "Kisima cha {place} kimeharibika, akina mama wanatembea kilomita tatu kutafuta maji.",
            "Bili ya maji ya mwezi huu imekuwa mara tatu ya kawaida na mita haijasomwa.",
        ),
        ("There has been no water in {place} for two weeks.", "The main pipe near {place} burst."),
    ),
    "ROADS": (
        (
            "Barabara ya kwenda {place} haipitiki tangu mvua zianze.",
            "Daraja dogo la {place} limesombwa na maji, watoto wanashindwa kwenda shule.",
            "Mashimo kwenye barabara ya {place} yamesababisha ajali mara mbili mwezi huu.",
            "Mtaro wa {place} umeziba, maji ya mvua yanaingia kwenye nyumba.",
        ),
        ("The road to {place} cannot be used since the rains.", "The culvert at {place} is gone."),
    ),
    "HEALTH": (
        (
            "Zahanati ya {place} haina dawa za malaria tangu mwezi uliopita.",
            "Tulisubiri saa sita katika kituo cha afya cha {place} bila kuonana na daktari.",
            "Mjamzito ametozwa fedha katika hospitali ya {place} ingawa huduma ni bure.",
        ),
        ("The dispensary in {place} has had no malaria medicine.", "We waited six hours."),
    ),
    "SCHOOL": (
        (
            "Shule ya {place} ina darasa moja kwa wanafunzi mia moja na ishirini.",
            "Wazazi wa {place} wanadaiwa michango ya lazima ingawa elimu ni bure.",
            "Vyoo vya shule ya {place} vimejaa na hakuna maji.",
        ),
        ("The school in {place} has one room for 120 pupils.", "Parents in {place} must pay."),
    ),
    "LAND": (
        (
            "Kiwanja changu {place} kimepewa mtu mwingine na ofisi ya ardhi haijibu.",
            "Nimelipia hati ya kiwanja {place} tangu mwaka jana na sijapewa.",
            "Mpaka wa shamba langu {place} umesogezwa na jirani.",
        ),
        ("My plot in {place} was given to someone else.", "I paid for my title a year ago."),
    ),
    "POWER": (
        (
            "Umeme unakatika kila jioni {place} bila taarifa.",
            "Nguzo ya umeme {place} imeinama na inaweza kuanguka.",
            "Nimelipia kuunganishiwa umeme {place} miezi minne iliyopita.",
        ),
        ("Power goes off every evening in {place}.", "A pole in {place} is about to fall."),
    ),
    "WASTE": (
        (
            "Taka hazijazolewa {place} kwa mwezi mzima.",
            "Dampo la {place} liko karibu na makazi na harufu ni mbaya.",
        ),
        ("Refuse has not been collected in {place} for a month.",),
    ),
    "CONDUCT": (
        (
            "Mtumishi wa ofisi ya {place} ameomba fedha ili atoe huduma ambayo ni bure.",
            "Tulilazimishwa kutoa kitu kidogo ili faili letu la {place} lishughulikiwe.",
        ),
        ("An officer in {place} asked for money for a free service.",),
    ),
    "OFFICE": (
        (
            "Nimefika ofisi ya {place} mara nne na kila mara naambiwa njoo kesho.",
            "Barua yangu kuhusu {place} haijajibiwa kwa miezi mitatu.",
            "Ninaomba ufafanuzi wa utaratibu na gharama za huduma hii katika {place}.",
        ),
        ("I came to the {place} office four times.", "My letter about {place} has no answer."),
    ),
}
BY_CATEGORY = {
    "WATER-SUPPLY": "WATER",
    "WATER-BILL": "WATER",
    "SEWERAGE": "WATER",
    "ROADS": "ROADS",
    "TRANSPORT": "ROADS",
    "HEALTH-SERVICE": "HEALTH",
    "MEDICINE": "HEALTH",
    "HEALTH-INSURANCE": "HEALTH",
    "SCHOOL": "SCHOOL",
    "SCHOOL-SEC": "SCHOOL",
    "LAND-DISPUTE": "LAND",
    "LAND-TITLE": "LAND",
    "ELECTRICITY": "POWER",
    "WASTE": "WASTE",
    "CORRUPTION": "CONDUCT",
    "CONDUCT": "CONDUCT",
}
KIND = {
    "complaint": ("Tunaomba msaada wa haraka.", "Please help."),
    "enquiry": ("Je, ni lini tutapata majibu?", "When can we expect an answer?"),
    "suggestion": ("Ninapendekeza ratiba itangazwe mapema.", "I suggest you publish a schedule."),
    "compliment": ("Hata hivyo tunawashukuru kwa huduma nzuri.", "Still, thank you."),
}
ACKNOWLEDGED = ("Tumepokea na tunalifanyia kazi.", "We have received it and are working on it.")
QUESTION = ("Tafadhali taja mtaa na tarehe ilipoanza.", "Please name the street and the date.")
REPLY = ("Ni mtaa wa pili kutoka sokoni, tangu tarehe 1.", "The second street, since the 1st.")
ANSWER = (
    (
        "Timu yetu imefika eneo husika na kurekebisha tatizo. Asante kwa taarifa.",
        "Kazi imepangwa katika robo hii ya mwaka; fedha zimetengwa. Tutakujulisha ikikamilika.",
        "Tumefuatilia na kukuta hoja ni ya kweli. Mhusika ameelekezwa na huduma imerejea.",
        "Taratibu na gharama zimebandikwa ofisini; ofisi iko wazi saa 1:30 hadi 9:30.",
    ),
    ("Our team has repaired it. Thank you for telling us.", "The work is planned this quarter."),
)
NOT_FIXED = ("Bado haijatatuliwa, hali ni ile ile.", "It is not fixed, nothing has changed.")
TRANSFERRED = ("Suala hili linahusu taasisi nyingine.", "Another institution deals with this.")
DELAY = ("Vifaa vilichelewa kufika kutoka kwa mzabuni.", "The supplier delivered late.")


def pair(texts: tuple[str, str], language: str) -> str:
    """The text of a language."""
    return texts[language == "en"]


def complaint(category: str, kind: str, language: str, place: str, rng: Random) -> str:
    """What a citizen writes about a category at a place."""
    subjects = SUBJECTS[BY_CATEGORY.get(category, "OFFICE")][language == "en"]
    return f"{rng.choice(subjects).format(place=place)} {pair(KIND[kind], language)}"


def answer(language: str, rng: Random) -> str:
    """What an office answers."""
    return rng.choice(ANSWER[language == "en"])


FIRST_NAMES = [
    "Asha",
    "Neema",
    "Juma",
    "Rehema",
    "Baraka",
    "Amina",
    "Emmanuel",
    "Zawadi",
    "Hamisi",
    "Grace",
    "Salum",
    "Mwanaidi",
    "Joseph",
    "Upendo",
    "Rashidi",
    "Happiness",
    "Athumani",
    "Fatuma",
    "Godfrey",
    "Mariamu",
    "Daudi",
    "Rose",
    "Selemani",
    "Halima",
    "Peter",
    "Zainabu",
    "Yohana",
    "Saada",
    "Elia",
    "Anna",
    "Omari",
    "Mwajuma",
    "Frank",
    "Pili",
    "Abdallah",
    "Esther",
    "Musa",
    "Tatu",
    "Paulo",
    "Khadija",
]
LAST_NAMES = [
    "Mushi",
    "Mwakyusa",
    "Kimaro",
    "Massawe",
    "Mollel",
    "Lyimo",
    "Mbwana",
    "Shayo",
    "Mwinuka",
    "Komba",
    "Ngowi",
    "Swai",
    "Mhagama",
    "Ndunguru",
    "Masanja",
    "Mabula",
    "Nyerembe",
    "Chacha",
    "Marwa",
    "Magesa",
    "Mkapila",
    "Haule",
    "Mtega",
    "Kihwelo",
    "Sanga",
    "Mwaipopo",
    "Kapinga",
    "Mrema",
    "Temba",
    "Mfinanga",
    "Kessy",
    "Malisa",
    "Mkude",
    "Hamad",
    "Khamis",
    "Juma",
    "Bakari",
    "Simba",
]


def person(number: int) -> str:
    """A made-up name; different numbers seldom give the same."""
    first = FIRST_NAMES[number % len(FIRST_NAMES)]
    return f"{first} {LAST_NAMES[(number * 7 + number // len(FIRST_NAMES)) % len(LAST_NAMES)]}"
