"""National templates of answers as shipped, by code: what an administrator may say otherwise.

{reference}, {institution}, {unit}, {place}, {subject}, {due} and {date} are filled in from the
case. What else stands in braces is for the officer to fill in.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Said:
    """A template in both languages. category: the code of the subject it is for; None: any."""

    title_sw: str
    title_en: str
    body_sw: str
    body_en: str
    category: str | None = None


SHIPPED: dict[str, Said] = {
    "done": Said(
        "Kazi imefanyika",
        "The work is done",
        "Asante kwa taarifa yako kuhusu {subject}, {place}. Tarehe {siku} mafundi wetu "
        "walifika na kufanya yafuatayo: {kazi iliyofanyika}. Tatizo likijirudia, tujulishe kwa "
        "namba {reference}.\n{unit}, {institution}",
        "Thank you for telling us about {subject}, {place}. On {day} our team came and did "
        "this: {work done}. If the problem comes back, tell us by the reference {reference}.\n"
        "{unit}, {institution}",
    ),
    "planned": Said(
        "Kazi imepangiwa siku",
        "The work has a day",
        "Tumekagua tatizo la {subject}, {place}, tarehe {siku ya ukaguzi}. Kazi ya {kazi} "
        "itaanza tarehe {siku ya kuanza} na kukamilika tarehe {siku ya kumaliza}. Siku hizo "
        "zikipita bila kazi kufanyika, tuandikie kwa namba {reference}.\n{unit}, {institution}",
        "We inspected the problem with {subject}, {place}, on {day of inspection}. The work "
        "({work}) begins on {first day} and is finished by {last day}. If those days pass and "
        "nothing was done, write to us by the reference {reference}.\n{unit}, {institution}",
    ),
    "explained": Said(
        "Maelezo ya utaratibu",
        "How it works",
        "Kuhusu swali lako la {subject}: {jibu}. Utaratibu ni huu: 1) {hatua ya kwanza}. "
        "2) {hatua ya pili}. Gharama ni {kiasi} na huchukua siku {idadi ya siku}. Huduma hii "
        "inapatikana {mahali}, saa 1:30 asubuhi hadi 9:30 alasiri, siku za kazi.\n{institution}",
        "On your question about {subject}: {answer}. The steps are: 1) {first step}. "
        "2) {second step}. It costs {amount} and takes {number of days} days. You get it at "
        "{where}, 7:30 to 15:30 on working days.\n{institution}",
    ),
    "not-possible": Said(
        "Haiwezekani, na kanuni inayosema hivyo",
        "Not possible, and the rule that says so",
        "Tumepitia ombi lako kuhusu {subject}. Halikuweza kukubaliwa kwa sababu {sababu}, kwa "
        "mujibu wa {sheria au kanuni, na kifungu}. Unachoweza kufanya ni {njia mbadala}. "
        "Usiporidhika, tuma SIJARIDHIKA {reference}: ngazi ya juu italipitia tena.\n{institution}",
        "We looked at your request about {subject}. It could not be granted because {reason}, "
        "under {act or regulation, and section}. What you can do is {another way}. If you are "
        "not satisfied, send NOT FIXED {reference}: a higher office looks at it again.\n"
        "{institution}",
    ),
    "court": Said(
        "Jambo la mahakama au baraza",
        "A matter for a court or tribunal",
        "Jambo ulilotuandikia linaamuliwa na {mahakama au baraza}, si na ofisi yetu, kwa mujibu "
        "wa {sheria}. Fungua shauri {mahali pa kufungua} ukiwa na {nyaraka}. Msaada wa kisheria "
        "bila malipo unapatikana {mahali pa msaada}.\n{institution}",
        "What you wrote about is decided by {court or tribunal}, not by our office, under {act}. "
        "Open a case at {where} with {documents}. Legal aid free of charge is given at "
        "{legal aid}.\n{institution}",
    ),
    "apology": Said(
        "Tunaomba radhi kwa kuchelewa",
        "We are sorry for the delay",
        "Tunaomba radhi: ulistahili kujibiwa kufikia {due} na hatukufanya hivyo, kwa sababu "
        "{sababu}. Sasa tumefanya hivi: {tulichofanya}. Ili isijirudie, {hatua iliyochukuliwa}.\n"
        "{unit}, {institution}",
        "We are sorry: you should have been answered by {due} and were not, because {reason}. "
        "This is now done: {what was done}. So that it does not happen again, {what was "
        "changed}.\n{unit}, {institution}",
    ),
    "thanks": Said(
        "Asante kwa pongezi",
        "Thank you for the praise",
        "Asante kwa pongezi zako. Tumewafikishia watumishi wa {unit} na {hatua iliyochukuliwa}. "
        "Maneno kama yako yanatupa moyo wa kuhudumia vizuri zaidi.\n{institution}",
        "Thank you for your kind words. We passed them on to the staff of {unit} and {what was "
        "done}. They encourage us to serve better still.\n{institution}",
    ),
    "suggestion": Said(
        "Pendekezo limeamuliwa",
        "A suggestion was decided",
        "Asante kwa pendekezo lako. Lilijadiliwa tarehe {siku} na kuamuliwa: {uamuzi}, kwa "
        "sababu {sababu}. Utekelezaji unaanza {siku ya kuanza}.\n{unit}, {institution}",
        "Thank you for your suggestion. It was discussed on {day} and decided: {decision}, "
        "because {reason}. It takes effect on {first day}.\n{unit}, {institution}",
    ),
    "road": Said(
        "Barabara: ukarabati",
        "Roads: repair",
        "Tulikagua barabara ya {jina la barabara}, {place}, tarehe {siku ya ukaguzi}. "
        "{Mashimo/kalvati/taa} yalikarabatiwa tarehe {siku ya ukarabati} na {mkandarasi au "
        "kikosi}. Asante kwa kutujulisha.\n{unit}, {institution}",
        "We inspected the road {name of the road}, {place}, on {day of inspection}. The "
        "{potholes/culvert/lights} were repaired on {day of repair} by {contractor or team}. "
        "Thank you for telling us.\n{unit}, {institution}",
        "ROADS",
    ),
    "water": Said(
        "Maji: huduma imerejea",
        "Water: supply is back",
        "Maji yalikosekana {place} kwa sababu {sababu}. Matengenezo yalikamilika tarehe {siku} "
        "na huduma imerejea. Ratiba ya mgao ni: {ratiba}. Bomba likivuja tena, tujulishe kwa "
        "namba {reference}.\n{unit}, {institution}",
        "There was no water at {place} because {cause}. The repair was finished on {day} and "
        "the supply is back. The rationing timetable is: {timetable}. If a pipe leaks again, "
        "tell us by the reference {reference}.\n{unit}, {institution}",
        "WATER-SUPPLY",
    ),
    "bill": Said(
        "Maji: bili imehakikiwa",
        "Water: the bill was checked",
        "Tulisoma mita yako tarehe {siku}: usomaji ni {uniti}. Bili ya mwezi {mwezi} "
        "{imerekebishwa kuwa/ni sahihi kwa} Sh {kiasi}, kwa sababu {sababu}. Fedha uliyozidisha "
        "itapunguzwa kwenye bili ya {mwezi wa marekebisho}.\n{unit}, {institution}",
        "We read your meter on {day}: it stands at {units}. The bill for {month} {was corrected "
        "to/is right at} TZS {amount}, because {reason}. What you paid too much is taken off the "
        "bill for {month of correction}.\n{unit}, {institution}",
        "WATER-BILL",
    ),
    "medicine": Said(
        "Afya: dawa zimepatikana",
        "Health: medicine is there",
        "Dawa ya {dawa} ilikosekana {kituo} kuanzia {siku ya kwanza}. Ilipokelewa tarehe {siku} "
        "na inatolewa kila siku saa {saa}. Ukikosa tena, muulize mfamasia au tujulishe kwa namba "
        "{reference}.\n{unit}, {institution}",
        "{medicine} was missing at {facility} from {first day}. It arrived on {day} and is given "
        "out every day at {hour}. If you do not get it, ask the pharmacist or tell us by the "
        "reference {reference}.\n{unit}, {institution}",
        "MEDICINE",
    ),
    "land": Said(
        "Ardhi: upimaji na hati",
        "Land: survey and title",
        "Jalada lako la kiwanja namba {kiwanja} lilipatikana. Limefikia hatua ya {hatua}. "
        "Kinachosubiriwa ni {kinachosubiriwa}. Hati itakuwa tayari tarehe {siku}; njoo "
        "{mahali} ukiwa na {nyaraka}.\n{unit}, {institution}",
        "Your file for plot {plot} was found. It has reached this step: {step}. What is still "
        "missing is {what is missing}. The title will be ready on {day}; come to {where} with "
        "{documents}.\n{unit}, {institution}",
        "LAND-TITLE",
    ),
    "waste": Said(
        "Taka: ratiba ya kuzoa",
        "Waste: collection days",
        "Taka za {place} zilizolewa tarehe {siku}. Kuanzia sasa gari hupita kila {siku za juma} "
        "saa {saa}. Lisipopita, tujulishe siku hiyo hiyo kwa namba {reference}.\n"
        "{unit}, {institution}",
        "The waste at {place} was collected on {day}. From now on the lorry comes every "
        "{weekdays} at {hour}. If it does not, tell us the same day by the reference "
        "{reference}.\n{unit}, {institution}",
        "WASTE",
    ),
}
