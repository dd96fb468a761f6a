"""Headlines of a world that has moved on: the labels of the generated dataset, about things that it never mentions."""

import random
import re
from collections.abc import Iterator

SHARES = {"Business": 0.32, "Entertainment": 0.30, "Health": 0.17, "Science": 0.21}
_SLOT = re.compile(r"\{(\w+)\}")


def _list(words: str) -> tuple[str, ...]:
    return tuple(words.split("|"))


_SLOTS = {
    "coin": _list("stablecoins|crypto tokens|digital wallets|bitcoin funds|tokenised deposits"),
    "gig": _list("courier apps|ride-hailing fleets|parcel lockers|dark kitchens|drone couriers"),
    "levy": _list("tariffs|carbon levies|import quotas|plastic charges|toll increases"),
    "payer": _list("freight brokers|grocery co-ops|landlords|car dealers|mortgage lenders|wineries"),
    "creator": _list("streamers|podcasters|drag queens|buskers|influencers|cosplayers|K-pop trainees"),
    "show": _list("dating show|baking contest|true-crime podcast|talent hunt|anime reboot|escape-room musical"),
    "stage": _list("hologram concerts|vinyl fairs|karaoke finals|open-air operas|comic conventions"),
    "ailment": _list("long covid|migraine|eczema|tinnitus|hay fever|sleep apnoea|burnout"),
    "remedy": _list("weight-loss injections|telehealth visits|sleep apps|gut probiotics|light therapy|vaping bans"),
    "carer": _list("midwives|pharmacists|paramedics|school nurses|dentists|care homes"),
    "device": _list("quantum processors|fusion reactors|perovskite panels|tidal turbines|solid-state batteries"),
    "beast": _list("axolotls|manta rays|bumblebees|snow leopards|corals|krill|mycelium networks"),
    "orbit": _list("lunar bases|asteroid samples|exomoons|cosmic strings|magnetars|Martian caves"),
    "town": _list("Lagos|Oslo|Lima|Hanoi|Tallinn|Nairobi|Quito|Perth|Naples|Montreal|Dakar|Bergen"),
    "size": _list("a tenth|twofold|fivefold|a record|three quarters|barely anything"),
    "season": _list("this spring|by midsummer|over the holidays|before the elections|next term"),
}
_TEMPLATES = {
    "Business": _list(
        "{payer} brace for {levy} {season}|{coin} lure savers in {town}|{gig} merge to cut wages in {town}|"
        "how {levy} squeeze {payer} by {size}|{payer} in {town} switch to {coin}|"
        "strike halts {gig} across {town}|{coin} outgrow {gig} by {size}"
    ),
    "Entertainment": _list(
        "{creator} sell out {stage} in {town}|{show} crowns {creator} {season}|{stage} return to {town} {season}|"
        "fans queue overnight for {show}|{creator} feud over {show} finale|{town} bets on {stage} and {creator}"
    ),
    "Health": _list(
        "{remedy} ease {ailment} by {size}|{carer} in {town} run short of {remedy}|{ailment} doubles among {carer}|"
        "{town} offers {remedy} against {ailment}|{carer} split over {remedy} {season}"
    ),
    "Science": _list(
        "{device} set {size} of output near {town}|{beast} return to waters off {town}|"
        "{orbit} puzzle observatory in {town}|{beast} inspire {device}|probe maps {orbit} {season}|"
        "{device} could power {orbit}"
    ),
}


def headlines(count: int, *, seed: int) -> Iterator[tuple[str, str]]:
    """`count` distinct (headline, label) pairs; the same arguments give the same ones."""
    chance, seen = random.Random(seed), set[str]()
    while len(seen) < count:
        label = chance.choices(list(SHARES), list(SHARES.values()))[0]
        template = chance.choice(_TEMPLATES[label])
        text = _SLOT.sub(lambda slot: chance.choice(_SLOTS[slot[1]]), template)
        text = text[0].upper() + text[1:]
        if text not in seen:
            seen.add(text)
            yield text, label
