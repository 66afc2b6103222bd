"""What the screens say, Swahili first, in plain words for a small display."""

from __future__ import annotations

TEXTS: dict[str, dict[str, str]] = {
    "language": {"sw": "e-Mrejesho: chagua lugha / choose a language"},
    "main": {"sw": "e-Mrejesho", "en": "e-Mrejesho"},
    "main_new": {"sw": "Tuma mrejesho", "en": "Send feedback"},
    "main_cases": {"sw": "Mashauri yangu: hali na majibu", "en": "My cases: status and answers"},
    "main_help": {"sw": "Msaada", "en": "Help"},
    "main_language": {"sw": "English", "en": "Kiswahili"},
    "resume": {
        "sw": "Uliacha kabla ya kutuma. Uendelee ulipoishia?",
        "en": "You stopped before sending. Continue where you stopped?",
    },
    "resume_yes": {"sw": "Ndiyo, endelea", "en": "Yes, continue"},
    "resume_new": {"sw": "Hapana, anza upya", "en": "No, start again"},
    "kind": {"sw": "Unataka kutuma nini?", "en": "What do you want to send?"},
    "complaint": {"sw": "Lalamiko", "en": "Complaint"},
    "suggestion": {"sw": "Pendekezo", "en": "Suggestion"},
    "compliment": {"sw": "Pongezi", "en": "Compliment"},
    "enquiry": {"sw": "Ulizo", "en": "Enquiry"},
    "institution": {
        "sw": "Inahusu taasisi gani? Andika jina lake, au chagua:",
        "en": "Which institution is it about? Write its name, or choose:",
    },
    "by_region": {"sw": "Halmashauri, kwa mkoa", "en": "A council, by region"},
    "unknown_institution": {"sw": "Sijui", "en": "I do not know"},
    "not_found": {"sw": "Haijapatikana.", "en": "Not found."},
    "region": {"sw": "Chagua mkoa:", "en": "Choose the region:"},
    "council": {"sw": "{region}: chagua", "en": "{region}: choose"},
    "category": {"sw": "Inahusu nini?", "en": "What is it about?"},
    "unknown_category": {"sw": "Sijui", "en": "I do not know"},
    "words": {
        "sw": "Andika ujumbe wako. Kuandika kwa SMS baadaye, jibu 1.",
        "en": "Write your message. To write it by SMS later, reply 1.",
    },
    "more_words": {"sw": "Andika yanayofuata.", "en": "Write what follows."},
    "written": {"sw": "Umeandika: {words}", "en": "You wrote: {words}"},
    "go_on": {"sw": "Endelea", "en": "Go on"},
    "add_words": {"sw": "Ongeza maneno", "en": "Add words"},
    "write_again": {"sw": "Andika upya", "en": "Write it again"},
    "place": {
        "sw": "Ni wapi? Andika mtaa, kijiji au kata. Kuruka, jibu 1.",
        "en": "Where is it? Write street, village or ward. To skip, reply 1.",
    },
    "level": {"sw": "Nani asome ujumbe wako?", "en": "Who may read your message?"},
    "open": {"sw": "Kawaida: ofisi husika", "en": "Open: the office"},
    "confidential": {"sw": "Siri: wachache tu", "en": "Confidential: few only"},
    "restricted": {"sw": "Maafisa wa maadili pekee", "en": "Ethics officers only"},
    "level_open": {"sw": "Kawaida", "en": "Open"},
    "level_confidential": {"sw": "Siri", "en": "Confidential"},
    "level_restricted": {"sw": "Maadili pekee", "en": "Ethics only"},
    "name": {
        "sw": "Namba yako inafichwa na hutumika kukujibu.",
        "en": "Your number is hidden and used to answer you.",
    },
    "named": {"sw": "Ofisi inaweza kuomba kuiona", "en": "The office may ask to see it"},
    "nameless": {"sw": "Bila jina: ni ya kukujibu tu", "en": "Without name: only to answer me"},
    "level_nameless": {"sw": "{level}, bila jina", "en": "{level}, anonymous"},
    "somewhere": {"sw": "Taasisi haijulikani", "en": "Institution not known"},
    "words_by_sms": {"sw": "Ujumbe kwa SMS", "en": "Message by SMS"},
    "confirm": {
        "sw": "{kind}, {institution}. {level}. {words}",
        "en": "{kind}, {institution}. {level}. {words}",
    },
    "send": {"sw": "Tuma", "en": "Send"},
    "discard": {"sw": "Futa, usitume", "en": "Discard, do not send"},
    "discarded": {"sw": "Imefutwa, haikutumwa.", "en": "Discarded, not sent."},
    "gone": {
        "sw": "Ulichochagua hakipo tena. Chagua upya.",
        "en": "What you chose is gone. Choose again.",
    },
    "done": {
        "sw": "Tumepokea. Kumbukumbu: {reference}. Msimbo wa siri: {code}. Viandike, usimpe mtu."
        " Utajibiwa kufikia {due}.",
        "en": "Received. Reference: {reference}. Secret code: {code}. Write it down, tell nobody."
        " Answer due by {due}.",
    },
    "done_late": {
        "sw": "Tumepokea. Kumbukumbu: {reference}. Utajibiwa kufikia {due}.",
        "en": "Received. Reference: {reference}. Answer due by {due}.",
    },
    "linked": {
        "sw": "Sasa tuma SMS kwenda {shortcode} ndani ya saa 12. Anza na {ticket}, kisha ujumbe"
        " wako. Bila SMS hiyo hakuna kitakachotumwa.",
        "en": "Now send an SMS to {shortcode} within 12 hours. Begin with {ticket}, then your"
        " message. Without that SMS nothing is sent.",
    },
    "bye": {"sw": "Asante. Karibu tena.", "en": "Thank you. Welcome again."},
    "bye_draft": {
        "sw": "Umetoka. Hakuna kilichotumwa wala kuhifadhiwa.",
        "en": "You left. Nothing was sent or kept.",
    },
    "cases": {"sw": "Mashauri yako:", "en": "Your cases:"},
    "no_cases": {
        "sw": "Hakuna shauri la namba hii ya simu.",
        "en": "No case from this phone number.",
    },
    "other_reference": {"sw": "Kumbukumbu nyingine", "en": "Another reference"},
    "reference": {"sw": "Andika namba ya kumbukumbu.", "en": "Write the reference number."},
    "bad_reference": {"sw": "Namba hiyo si sahihi.", "en": "That number is not right."},
    "case": {"sw": "{reference}: {status}.", "en": "{reference}: {status}."},
    "case_due": {
        "sw": "{reference}: {status}. Kujibu: {due}.",
        "en": "{reference}: {status}. Answer by {due}.",
    },
    "read": {"sw": "Soma jibu", "en": "Read the answer"},
    "satisfied": {"sw": "Nimeridhika", "en": "Satisfied"},
    "not_fixed": {"sw": "Sijaridhika", "en": "Not fixed"},
    "receipt_code": {"sw": "Nitumie msimbo wa siri", "en": "Send me the secret code"},
    "prove": {"sw": "Uthibitisho", "en": "Proof of filing"},
    "proof": {
        "sw": "Uthibitisho {code}, PIN {pin}, hadi {until}. Ofisi yoyote ihakiki kwa SMS kwenda"
        " {shortcode}: HAKIKI {code} {pin}",
        "en": "Proof {code}, PIN {pin}, until {until}. Any office checks it by SMS to {shortcode}:"
        " VERIFY {code} {pin}",
    },
    "rating": {"sw": "Ulihudumiwaje? Toa alama:", "en": "How well were you served?"},
    "rating_1": {"sw": "Vibaya sana", "en": "Very badly"},
    "rating_2": {"sw": "Vibaya", "en": "Badly"},
    "rating_3": {"sw": "Wastani", "en": "Fairly"},
    "rating_4": {"sw": "Vizuri", "en": "Well"},
    "rating_5": {"sw": "Vizuri sana", "en": "Very well"},
    "rating_none": {"sw": "Bila alama", "en": "No rating"},
    "remark": {
        "sw": "Andika neno kwa ofisi. Kuruka, jibu 1. Kisha shauri linafungwa.",
        "en": "Write a word to the office. To skip, reply 1. Then the case is closed.",
    },
    "lower": {"sw": "Jibu kuhusu usiri", "en": "Reply on confidentiality"},
    "code": {
        "sw": "Andika msimbo wa siri wa {reference}.",
        "en": "Write the secret code of {reference}.",
    },
    "wrong_code": {"sw": "Msimbo haulingani.", "en": "The code does not fit."},
    "wait": {
        "sw": "Umekosea mara nyingi. Jaribu baada ya sekunde {seconds}.",
        "en": "Too many wrong codes. Try again in {seconds} seconds.",
    },
    "no_answer": {
        "sw": "{reference}: bado hakuna jibu.",
        "en": "{reference}: there is no answer yet.",
    },
    "sure": {
        "sw": "{reference}: umeridhika? Shauri litafungwa.",
        "en": "{reference}: satisfied? The case will be closed.",
    },
    "say_add": {
        "sw": "{reference}: andika unachotaka kuongeza.",
        "en": "{reference}: write what you want to add.",
    },
    "say_not_fixed": {
        "sw": "{reference}: andika kwa nini hujaridhika.",
        "en": "{reference}: write why it is not fixed.",
    },
    "lowering": {
        "sw": "Ofisi inaomba {reference} liwe '{level}'. Unakubali?",
        "en": "The office asks to make {reference} '{level}'. Do you agree?",
    },
    "yes": {"sw": "Ndiyo", "en": "Yes"},
    "no": {"sw": "Hapana", "en": "No"},
    "lowered": {"sw": "Tumepokea jibu lako.", "en": "We have your reply."},
    "not_possible": {"sw": "Haiwezekani tena.", "en": "It is no longer possible."},
    "taken": {"sw": "Tumepokea. Utapata SMS.", "en": "Taken. An SMS will follow."},
    "help": {
        "sw": "Tuma lalamiko, pendekezo, pongezi au ulizo kwa taasisi yoyote ya umma, bure. Utapata"
        " namba ya kumbukumbu na siku ya kujibiwa. Namba yako inafichwa. Jibu lisome kwa"
        " kumbukumbu na msimbo wa siri. Ukiandika kwa SMS, tuma kwenda {shortcode}."
        " Usiporidhika, sema 'Sijaridhika': ofisi ya juu itaangalia.",
        "en": "Send a complaint, suggestion, compliment or enquiry to any public institution, free"
        " of charge. You get a reference number and the day of the answer. Your number is hidden."
        " Read the answer with the reference and the secret code. By SMS write to {shortcode}."
        " If it is not fixed, say so: a higher office will look.",
    },
    "bad_choice": {"sw": "Chagua namba iliyopo.", "en": "Choose a number shown."},
    "empty": {"sw": "Andika maneno kwanza.", "en": "Write some words first."},
    "too_long": {
        "sw": "Ni ndefu mno, haikuchukuliwa.",
        "en": "Too long, it was not taken.",
    },
    "broken": {
        "sw": "Samahani, imeshindikana sasa. Jaribu tena, au tuma SMS kwenda {shortcode}.",
        "en": "Sorry, it did not work now. Try again, or send an SMS to {shortcode}.",
    },
}


def say(name: str, language: str, **values: object) -> str:
    """The text of that name, filled in."""
    text = TEXTS[name]
    return text.get(language, text["sw"]).format(**values)
