"""What citizens and officers write in the demonstration. Nothing comes from a real message.

`{place}` is a ward or street; the first text of a pair is Swahili, the second English.
"""

from __future__ import annotations

DODOMA_PLACES = (
    "Kizota",
    "Nkuhungu",
    "Nzuguni",
    "Ihumwa",
    "Mtumba",
    "Ipagala",
    "Miyuji",
    "Msalato",
    "Hombolo",
    "Ntyuka",
)
PLACES = {
    "DODOMA-CC": DODOMA_PLACES,
    "RS-DODOMA": DODOMA_PLACES,
    "PO-PSMGG": ("Mtumba", "Dodoma"),
    "CHAMWINO-DC": ("Mvumi", "Buigiri", "Manchali", "Haneti"),
    "TANESCO": ("Kizota", "Tegeta", "Mbezi", "Nzuguni", "Kimara", "Ipagala"),
    "DAWASA": ("Kimara", "Mbezi", "Tegeta", "Tabata", "Kigamboni", "Segerea"),
    "KONGWA-DC": ("Kibaigwa", "Mlali", "Pandambili", "Hogoro"),
}

COMPLAINTS: dict[str, tuple[str, ...]] = {
    "WATER-SUPPLY": (
        "Mtaa wa {place} hatujapata maji kwa wiki tatu. Tunanunua ndoo moja kwa shilingi 700.",
        "Bomba kubwa limepasuka karibu na shule ya {place}. Maji yanamwagika usiku na mchana na"
        " hakuna aliyefika kurekebisha.",
        "Kisima cha jamii cha {place} kimeharibika pampu. Akina mama wanatembea kilomita tatu.",
        "Maji ya bomba {place} yana rangi ya udongo na harufu. Watoto wanaharisha.",
        "Ratiba ya mgao wa maji {place} haifuatwi; zamu yetu ya Jumanne imepita mara nne.",
    ),
    "ROADS": (
        "Taa za barabarani kutoka {place} hadi stendi hazijawaka kwa mwezi mzima. Usiku ni hatari.",
        "Barabara ya {place} ina mashimo makubwa; bodaboda wawili wameanguka wiki hii.",
        "Mtaro wa maji ya mvua {place} umeziba na maji yanaingia kwenye nyumba zetu.",
        "Daraja dogo la {place} limebomoka upande mmoja. Magari ya wagonjwa hayapiti.",
        "Mkandarasi ameacha kifusi katikati ya barabara ya {place} tangu mwezi uliopita.",
    ),
    "WASTE": (
        "Taka hazijazolewa mtaa wa {place} kwa wiki tano ingawa tunalipa ada kila mwezi.",
        "Soko la {place} lina dampo lisilozolewa; nzi wamejaa kwenye vyakula.",
        "Gari la taka linamwaga njiani likipita {place} na harufu inabaki siku nzima.",
    ),
    "HEALTH-SERVICE": (
        "Tulisubiri saa sita katika kituo cha afya cha {place} bila kuonana na daktari.",
        "Zahanati ya {place} hufungwa saa nane mchana, hakuna huduma ya dharura usiku.",
        "Mjamzito alitozwa shilingi 30,000 za vifaa katika zahanati ya {place} ingawa ni bure.",
        "Maabara ya kituo cha afya {place} haifanyi kazi; tunatumwa hospitali binafsi.",
    ),
    "MEDICINE": (
        "Hakuna dawa za presha wala kisukari katika zahanati ya {place} kwa miezi miwili.",
        "Dawa za malaria za watoto zimeisha {place}; tunaambiwa tununue duka la pembeni.",
    ),
    "SCHOOL": (
        "Shule ya msingi {place} ina madarasa manne kwa wanafunzi 900; watoto wanasomea nje.",
        "Tunadaiwa michango ya lazima ya mlinzi na mitihani shule ya msingi {place}.",
        "Vyoo vya shule ya msingi {place} vimejaa, wasichana wanakosa masomo.",
    ),
    "LAND-DISPUTE": (
        "Kiwanja changu {place} kimepewa mtu mwingine na nina risiti zote za malipo.",
        "Jirani amesogeza mpaka wa shamba langu {place} mita kumi na tano na kuweka uzio.",
        "Tulihamishwa {place} kupisha mradi na fidia ya ardhi hatujalipwa kwa mwaka mmoja.",
    ),
    "LAND-TITLE": (
        "Nililipia hati ya kiwanja {place} mwaka jana mwezi wa tano na sijapata hadi leo.",
        "Upimaji wa viwanja {place} ulifanyika lakini ramani haijasajiliwa, hatuwezi kujenga.",
    ),
    "LEVIES": (
        "Wakusanya ushuru soko la {place} hawatoi risiti ya mashine.",
        "Tunatozwa ushuru wa soko mara mbili kwa siku {place}, asubuhi na jioni.",
    ),
    "PERMITS": (
        "Nimeomba leseni ya biashara ya duka {place} wiki tano zilizopita, mfumo unasema"
        " inashughulikiwa tu.",
        "Kibali cha ujenzi {place} kinachukua zaidi ya miezi mitatu na hakuna maelezo.",
    ),
    "HR-STAFF": (
        "Mimi ni mwalimu, sijapandishwa daraja tangu mwaka 2019 ingawa nina sifa zote.",
        "Sijalipwa malimbikizo ya mshahara ya miezi kumi na nne baada ya uhamisho.",
    ),
    "GBV": (
        "Jirani yangu {place} anapigwa na mume wake kila wiki, ana watoto wawili. Sitaki kujitaja.",
    ),
    "ELECTRICITY": (
        "Umeme unakatika kila jioni saa moja {place} bila taarifa. Friji ya dawa imeharibika.",
        "Nguzo ya umeme {place} imeinama sana na nyaya zinagusa paa la shule.",
        "Nimelipia kuunganishiwa umeme {place} miezi mitano iliyopita, sijaunganishwa.",
        "Transfoma ya {place} imeungua wiki mbili zilizopita, mtaa mzima uko gizani.",
    ),
    "WATER-BILL": (
        "Bili ya maji ya mwezi huu {place} ni shilingi 184,000 wakati kawaida ni 15,000.",
        "Nimekatiwa maji {place} ingawa nililipa bili; nina risiti ya benki.",
        "Mita ya maji {place} imeharibika na inaendelea kusoma hata bomba likifungwa.",
    ),
    "SEWERAGE": (
        "Chemba ya majitaka {place} imefurika barabarani kwa siku kumi, watoto wanacheza humo.",
        "Gari la kunyonya majitaka tuliloomba {place} halijafika wiki tatu sasa.",
    ),
    "SERVICE": (
        "Nimefika ofisi mara nne kufuatilia barua yangu, kila mara naambiwa njoo kesho.",
        "Simu ya huduma kwa wateja haipokelewi asubuhi hadi jioni.",
    ),
    "CORRUPTION": (
        "Mkaguzi wa majengo {place} ameomba rushwa ya shilingi laki mbili ili anipe kibali.",
        "Fedha za mradi wa choo cha shule {place} zimeliwa; ubadhirifu unajulikana na wote.",
        "Nimeombwa kitu kidogo ili jina langu liwe kwenye orodha ya vizimba vya soko {place}.",
    ),
    "CONDUCT": (
        "Afisa wa dawati {place} hutoa lugha za vitisho na matumizi mabaya ya madaraka kwa wazee.",
    ),
}
ENGLISH: dict[str, tuple[str, ...]] = {
    "WATER-SUPPLY": ("There has been no water at our hostel in {place} for eleven days.",),
    "ROADS": ("The drain beside the road in {place} has collapsed; cars fall into it at night.",),
    "ELECTRICITY": ("Power surges in {place} have burnt two computers in our small shop.",),
    "PERMITS": ("My business licence for a guest house in {place} has waited for six weeks.",),
    "WATER-BILL": ("I was billed twice for March at {place} and the desk asks me to pay first.",),
}
OTHERS: dict[str, tuple[tuple[str, str], ...]] = {
    "suggestion": (
        ("ROADS", "Napendekeza kuwekwa matuta na alama mbele ya shule ya msingi {place}."),
        ("WASTE", "Napendekeza ratiba ya kuzoa taka {place} itumwe kwa SMS kila wiki."),
        ("HEALTH-SERVICE", "Napendekeza kliniki ya wazee {place} iwe na siku yake maalum."),
        ("SERVICE", "Napendekeza dawati la huduma lifunguliwe Jumamosi nusu siku."),
    ),
    "compliment": (
        (
            "HEALTH-SERVICE",
            "Nawapongeza wauguzi wa zamu ya usiku zahanati ya {place}; walimsaidia"
            " mama yangu kwa upendo.",
        ),
        ("ROADS", "Hongereni kwa kukarabati barabara ya {place} kabla ya mvua."),
        ("ELECTRICITY", "Mafundi wa dharura walifika {place} ndani ya dakika arobaini. Asanteni."),
        ("WASTE", "Usafi wa soko la {place} umekuwa mzuri sana mwezi huu. Hongereni."),
    ),
    "enquiry": (
        ("LAND-TITLE", "Naomba kujua gharama na hatua za kupata hati ya kiwanja {place}."),
        ("PERMITS", "Je, leseni ya biashara ndogo {place} inahitaji nyaraka gani?"),
        (
            "ELECTRICITY",
            "Naomba kujua gharama ya kuunganishiwa umeme {place} kwa nguzo moja.",
        ),
        ("SCHOOL", "Uandikishaji wa darasa la kwanza {place} unaanza lini?"),
        ("WATER-BILL", "Naomba kujua utaratibu wa kubadili jina kwenye ankara ya maji."),
    ),
}

ANSWERS: dict[str, tuple[str, ...]] = {
    "WATER-SUPPLY": (
        "Mafundi wamebadilisha valvu iliyoharibika na maji yamerejea. Ratiba mpya ya mgao"
        " imebandikwa ofisi ya mtaa.",
        "Pampu mpya imefungwa na kisima kinafanya kazi. Asante kwa taarifa.",
    ),
    "ROADS": (
        "Taa kumi na nne zimebadilishwa na mtaro umezibuliwa. Tutakagua tena mwezi ujao.",
        "Mashimo yamefukiwa kwa muda; ukarabati kamili umewekwa kwenye bajeti ya robo ijayo.",
    ),
    "WASTE": (
        "Mzabuni ameonywa na taka zote zimezolewa. Gari litapita kila Jumatatu na Alhamisi.",
    ),
    "HEALTH-SERVICE": (
        "Daktari wa pili amepangwa zamu ya mchana na orodha ya huduma za bure imebandikwa.",
        "Fedha zilizotozwa zimerejeshwa na mhusika ameelekezwa kwa maandishi.",
    ),
    "MEDICINE": ("Dawa zimepokelewa kutoka bohari kuu na zinatolewa kuanzia leo.",),
    "SCHOOL": ("Ujenzi wa madarasa mawili umeanza, na michango ya lazima imesitishwa.",),
    "ELECTRICITY": (
        "Transfoma imebadilishwa na umeme umerejea. Pole kwa usumbufu.",
        "Nguzo imesimamishwa upya na nyaya zimeinuliwa. Asante kwa kutoa taarifa mapema.",
    ),
    "WATER-BILL": ("Mita imepimwa, kosa limethibitishwa na bili imerekebishwa.",),
}
ANSWER = "Suala lako limefuatiliwa na kukamilishwa. Nakala ya barua ipo ofisini kwetu."
ANSWER_ENGLISH = "Our team visited the place and the matter is settled. Thank you for telling us."
ANSWER_SUGGESTION = "Asante kwa pendekezo. Litajadiliwa kwenye kikao cha menejimenti mwezi huu."
ANSWER_COMPLIMENT = "Asante kwa maneno mazuri. Tumeyafikisha kwa watumishi wote wa kituo."
ANSWER_ENQUIRY = (
    "Utaratibu ni huu: jaza fomu ofisini au mtandaoni, ambatisha kitambulisho, lipia kwa namba ya"
    " malipo. Huchukua siku saba za kazi."
)
ANSWER_RESTRICTED = "Uchunguzi umekamilika na hatua za kinidhamu zimechukuliwa kisheria."
SECOND_ANSWER = "Timu imerudi eneo la tukio, kasoro iliyobaki imerekebishwa na picha zimehifadhiwa."
QUESTIONS = (
    "Tafadhali taja jina la mtaa na nyumba iliyo karibu ili mafundi wafike.",
    "Tafadhali tuma namba ya mita au namba ya malipo iliyo kwenye risiti.",
    "Tukio lilitokea tarehe gani na saa ngapi?",
)
REPLIES = (
    "Ni mtaa wa pili kutoka sokoni, mkabala na ofisi ya mtendaji.",
    "Namba iko kwenye risiti: 9910 4471 2203.",
    "Ilikuwa Jumatatu iliyopita, saa tatu asubuhi.",
)
NOT_FIXED = "Bado. Tatizo limerudi baada ya siku mbili, naomba liangaliwe tena."
STILL_NOT_FIXED = "Hakuna mabadiliko, hali ni ile ile na sasa mvua zimeanza."
NOTE = "Nimewasiliana na fundi wa zamu; atafika eneo kesho asubuhi."
DELAY = "Vifaa vimechelewa kutoka kwa mzabuni; oda imerudiwa na vinatarajiwa wiki hii."
ADDED = "Naongeza: leo tumepiga picha, tunaweza kuzileta ofisini."
DIRECTIVES = (
    "Mkurugenzi ahakikishe mafundi wanafika eneo la tukio na mwananchi anajibiwa.",
    "Toa maelezo ya kuchelewa na mpango wa kukamilisha, pamoja na fedha iliyotengwa.",
)
TRANSFER_REASON = "Eneo na huduma hii viko chini ya halmashauri ya jiji."
TRANSFER_AGENCY = "Tatizo linatokana na umeme wa pampu, linashughulikiwa na shirika la umeme."
TRIAGE = (
    ("ROADS", "Mtaa wetu hakuna njia ya kupita gari la wagonjwa, tumeandika barua mara mbili."),
    ("WATER-SUPPLY", "Tunaomba maji safi, tunakunywa maji ya bwawa pamoja na mifugo."),
    ("SCHOOL", "Watoto wetu hawana mwalimu wa hesabu tangu mwaka uanze."),
)
TRIAGE_UNPLACED = "Nilituma maombi na sijajibiwa, naomba msaada wa kufuatilia."
