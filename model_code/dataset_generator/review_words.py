"""The grammar of the generated reviews: German clauses by what they say, and the words that fill their {slots}.

Praise and complaints stand in reviews of every label, negated and weakened: a single word such as "gut", "leider" or
"kaputt" does not give the label away.
"""

from __future__ import annotations


def _list(words: str) -> tuple[str, ...]:
    return tuple(words.split("|"))


# What is reviewed, by its article.
THINGS = {
    "der": _list(
        "Staubsauger|Wasserkocher|Toaster|Drucker|Kopfhörer|Mixer|Föhn|Lautsprecher|Akkuschrauber|Ventilator|Entsafter|"
        "Rasierer|Milchaufschäumer|Saugroboter|Luftreiniger|E-Reader|Wecker|Beamer|Heizlüfter|Trimmer"
    ),
    "die": _list(
        "Kaffeemaschine|Zahnbürste|Lampe|Tastatur|Kamera|Küchenwaage|Bohrmaschine|Heizdecke|Uhr|Fritteuse|Luftpumpe|"
        "Nähmaschine|Powerbank|Stirnlampe|Küchenmaschine|Heißluftfritteuse|Munddusche|Türklingel|Fernbedienung|Soundbar"
    ),
    "das": _list(
        "Ladekabel|Tablet|Bügeleisen|Babyphone|Radio|Thermometer|Mikrofon|Waffeleisen|Headset|Smartphone|Handy|Raclette|"
        "Notebook|Keyboard|Navi|Nachtlicht|Ladegerät|Glätteisen|Diktiergerät|Blutdruckmessgerät"
    ),
}
# Forms of the article and of the pronoun that {Slots} ask for.
FORMS = {
    "der": {"der": "der", "den": "den", "er": "er", "ein": "einen"},
    "die": {"der": "die", "den": "die", "er": "sie", "ein": "eine"},
    "das": {"der": "das", "den": "das", "er": "es", "ein": "ein"},
}
SLOTS = {
    "wem": _list(
        "meine Mutter|meinen Vater|unsere Tochter|unseren Sohn|einen Freund|die Ferienwohnung|das Büro|die Küche|"
        "den Urlaub|die neue Wohnung|meine Frau|meinen Mann|den Garten|die Arbeit|unterwegs"
    ),
    "zeit": _list(
        "zwei Tagen|drei Tagen|einer Woche|zwei Wochen|einem Monat|drei Monaten|einem halben Jahr|einem Jahr|"
        "wenigen Tagen|fünf Einsätzen|dem ersten Einsatz|etwa zehn Wochen"
    ),
    "tage": _list("zwei|drei|vier|fünf|sechs|zehn|zwölf|vierzehn"),
    "anlass": _list("zu Weihnachten|zum Geburtstag|zum Umzug|im Angebot|spontan|nach langem Vergleichen|als Ersatz"),
    "sehr": _list("sehr|wirklich|richtig|erstaunlich|ausgesprochen|überraschend|absolut|echt"),
    "etwas": _list("etwas|ein wenig|ein bisschen|teilweise|hier und da|gelegentlich"),
    "preis": _list("19 Euro|25 Euro|39,90 Euro|49 Euro|60 Euro|79 Euro|99 Euro|120 Euro|149 Euro|den Preis"),
}
# Clauses that say nothing about the opinion. Every label has them.
CONTEXT = (
    "Habe {den} {thing} für {wem} gekauft",
    "Ich habe {den} {thing} {anlass} bestellt",
    "Gekauft {anlass} für {preis}",
    "{der} {thing} ist jetzt seit {zeit} im Einsatz",
    "Wir benutzen {den} {thing} fast täglich",
    "Das ist schon mein zweiter Kauf hier",
    "Ich wollte {ein} {thing} für {wem}",
    "Nach {zeit} hier mein Eindruck",
    "Bestellt, nach {tage} Tagen geliefert",
)
GOOD = (
    "{er} funktioniert {sehr} gut",
    "die Verarbeitung ist {sehr} hochwertig",
    "das Kabel ist lang genug",
    "die Lieferung kam schon nach einem Tag",
    "der Kundendienst hat sofort geholfen",
    "die Bedienung ist kinderleicht",
    "{er} ist angenehm leise",
    "{er} sieht noch schöner aus als auf den Bildern",
    "alles war sicher verpackt und vollständig",
    "ich bin {sehr} zufrieden",
    "das Preis-Leistungs-Verhältnis stimmt",
    "nichts wackelt und nichts klemmt",
    "ich hatte noch nie ein Problem",
    "{er} übertrifft meine Erwartungen",
    "{er} macht genau das, was {er} soll",
    "die ganze Familie ist begeistert",
    "auch nach {zeit} läuft {er} wie am ersten Tag",
    "der Aufbau war in zehn Minuten erledigt",
    "die Anleitung ist klar und verständlich",
    "so gut war keiner seiner Vorgänger",
    "das Material fühlt sich wertig an",
    "die App ist übersichtlich und stürzt nicht ab",
    "ich möchte {den} {thing} nicht mehr missen",
    "man merkt, dass hier mitgedacht wurde",
)
BAD = (
    "{er} war nach {zeit} kaputt",
    "die Verarbeitung ist {sehr} schlecht",
    "das Kabel ist viel zu kurz",
    "die Lieferung hat {tage} Wochen gedauert",
    "der Kundendienst antwortet nicht",
    "die Bedienung ist umständlich",
    "{er} ist viel zu laut",
    "{er} sieht billig aus und riecht nach Plastik",
    "die Hälfte der Teile fehlte",
    "ich bin {sehr} enttäuscht",
    "für {preis} hätte ich mehr erwartet",
    "schon beim Auspacken ist etwas abgebrochen",
    "bei mir hat {er} von Anfang an nicht funktioniert",
    "{er} hält nicht, was die Werbung verspricht",
    "das Geld hätte ich mir sparen können",
    "ich habe {den} {thing} sofort zurückgeschickt",
    "die Rücksendung musste ich selbst bezahlen",
    "die Anleitung gibt es nur auf Chinesisch",
    "der Deckel schließt nicht richtig",
    "die App stürzt ständig ab",
    "das Material ist dünn und verbiegt sich",
    "ich warte bis heute auf die Erstattung",
    "gut ist daran nur die Verpackung",
    "von Qualität kann keine Rede sein",
)
MEH = (
    "{er} tut, was {er} soll, mehr aber auch nicht",
    "{er} ist nicht schlecht, aber auch nichts Besonderes",
    "für {preis} geht das in Ordnung",
    "{er} ist ganz okay",
    "wer nicht zu viel erwartet, kann zugreifen",
    "im Großen und Ganzen durchschnittlich",
    "da gibt es Besseres, aber auch Schlechteres",
    "die Verarbeitung ist mittelmäßig",
    "ob {er} lange hält, muss sich zeigen",
    "ich bin unentschlossen, ob ich {den} {thing} behalte",
    "weder besonders gut noch besonders schlecht",
    "Lieferung und Verpackung waren normal",
    "die Bedienung ist gewöhnungsbedürftig",
    "{er} entspricht der Beschreibung",
    "für gelegentliche Einsätze reicht {er} aus",
    "drei Sterne, weil noch Luft nach oben ist",
    "ein endgültiges Urteil kann ich noch nicht abgeben",
    "{er} erfüllt den Zweck",
)
# How a review of a label is put together. A slot in capitals is a clause of that kind.
SHAPES: dict[str, tuple[str, ...]] = {
    "positiv": (
        "{GOOD}.",
        "{GOOD}, {GOOD}.",
        "{CONTEXT}. {GOOD}.",
        "{CONTEXT}. {GOOD}, {GOOD}.",
        "{GOOD}. Klare Empfehlung!",
        "{CONTEXT}: {GOOD}. Jederzeit wieder.",
        "Anfangs war ich skeptisch, aber {GOOD}.",
        "{BAD}, dachte ich zuerst. Es lag an mir: {GOOD}.",
        "Andere schreiben, {BAD}. Das kann ich nicht bestätigen: {GOOD}.",
        "{etwas} teuer, dafür {GOOD_EN}. {GOOD}.",
        "Kein Grund zur Klage: {GOOD}.",
        "Top! {GOOD}",
        "{GOOD} 👍",
    ),
    "negativ": (
        "{BAD}.",
        "{BAD}, {BAD}.",
        "{CONTEXT}. Leider: {BAD}.",
        "{CONTEXT}. {BAD}, {BAD}.",
        "{BAD}. Finger weg!",
        "{CONTEXT}: {BAD}. Nie wieder.",
        "Anfangs war ich begeistert, aber {BAD}.",
        "{GOOD}? Von wegen, {BAD}.",
        "Andere schreiben, {GOOD}. Das kann ich nicht bestätigen: {BAD}.",
        "Nicht zu empfehlen: {BAD}.",
        "Schade, {BAD}.",
        "Na toll, {BAD}. Einen Stern muss man ja geben.",
        "{BAD} 👎",
    ),
    "neutral": (
        "{MEH}.",
        "{MEH}, {MEH}.",
        "{CONTEXT}. {MEH}.",
        "{CONTEXT}. {MEH}. {MEH}.",
        "{GOOD}, aber {BAD}.",
        "{BAD}, dafür: {GOOD}.",
        "{MEH}: {GOOD}, allerdings auch: {BAD}.",
        "Pro: {GOOD}. Contra: {BAD}. {MEH}.",
        "{CONTEXT}. Teils, teils: {BAD}, {GOOD}.",
    ),
}
GOOD_EN = _list("robust|zuverlässig|sparsam|leise|handlich|langlebig|gut verarbeitet|einfach zu bedienen")
