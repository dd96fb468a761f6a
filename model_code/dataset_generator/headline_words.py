"""The grammar of the generated headlines: templates by label and the words that fill their {slots}.

Names of firms, people and titles are invented. Labels share many slots on purpose: a single word such as "study",
"shares" or "deal" does not give the label away.
"""

from __future__ import annotations


def _list(words: str) -> tuple[str, ...]:
    return tuple(words.split("|"))


# Parts of names, which give the vocabulary rare words, like real headlines.
FIRST_NAMES = _list(
    "Ada|Bruno|Carla|Dario|Elin|Farid|Greta|Hugo|Iris|Jonas|Keira|Lior|Mara|Nils|Odette|Pavel|Quinn|Rosa|"
    "Stefan|Tara|Uma|Viktor|Wanda|Xenia|Yusuf|Zoe|Amara|Boris|Celine|Dmitri|Esme|Felix|Gwen|Hanna"
)
LAST_NAMES = _list(
    "Abelard|Brandt|Castellan|Dunmore|Eriksen|Farrow|Grimaldi|Hollis|Ivarsson|Jessop|Kowal|Lindqvist|Marchetti|"
    "Nakamori|Okafor|Pemberton|Quillan|Rasmussen|Soto|Tremaine|Ullman|Vasquez|Whitlock|Yarrow|Zeller"
)
FIRM_STEMS = _list(
    "Norvane|Halden|Brightwell|Castor|Delmar|Everline|Fenwick|Glenmore|Harrow|Ionex|Juniper|Kestrel|Lumina|"
    "Meridian|Northgate|Orbis|Palisade|Quantor|Redwood|Solara|Tavistock|Umbra|Vantage|Westmark|Zephyr"
)
FIRM_ENDINGS = _list("|| Group| Holdings| Bank| Motors| Labs| Pharma| Media| Air| Energy| Stores| Systems| Foods")
TITLE_ADJECTIVES = _list(
    "Last|Silent|Golden|Broken|Midnight|Crimson|Endless|Paper|Frozen|Hidden|Electric|Lonely|Burning|Velvet"
)
TITLE_NOUNS = _list(
    "Harbour|Kingdom|Letters|Summer|Empire|Mirror|Garden|Highway|Horizon|Orchestra|Winter|Detective|Promise|River"
)

SLOTS: dict[str, tuple[str, ...]] = {
    "place": _list(
        "China|Europe|Germany|Japan|India|Brazil|Canada|Australia|Britain|France|Italy|Spain|Mexico|Korea|Russia|"
        "Texas|California|New York|London|Paris|Tokyo|Chicago|Florida|Africa|Turkey|Greece|Sweden|Argentina"
    ),
    "month": _list("January|February|March|April|May|June|July|August|September|October|November|December"),
    "day": _list("Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday"),
    "year": _list("2025|2026|2027|2030|2035|2040"),
    "few": _list("two|three|four|five|six|seven|eight|nine|ten|a dozen"),
    "percent": _list("2 percent|3 pct|4.5%|7%|8 percent|12%|15 pct|20%|a third|a quarter|half|0.3 percent|1.8%|35%"),
    "money": _list("$2 billion|$450 million|$1.3 bln|£80m|€5bn|$90 million|$12bn|$700m|$36 billion|$5.5 mln"),
    "quarter": _list("first quarter|second-quarter|third quarter|fourth-quarter|Q1|Q3|full-year|half-year"),
    "expert": _list("analysts|experts|researchers|officials|scientists|economists|insiders|critics|regulators|doctors"),
    "says": _list("says|warns|finds|suggests|shows|reveals|predicts|claims|confirms|hints"),
    "rise": _list("rise|climb|jump|surge|gain|edge higher|rally|rebound|soar|tick up"),
    "fall": _list("fall|drop|slip|slide|tumble|sink|retreat|ease|plunge|dip"),
    "market": _list(
        "stocks|shares|futures|bonds|Treasuries|European shares|Asian stocks|bank shares|tech stocks|blue chips|"
        "the dollar|the euro|the yen|sterling|gold|oil|crude|copper|wheat|natural gas"
    ),
    "driver": _list(
        "jobs data|inflation report|rate fears|earnings|trade talks|central bank minutes|Fed statement|weak exports|"
        "strong retail sales|factory orders|profit warnings|supply worries|growth hopes|Ukraine tensions|debt talks"
    ),
    "indicator": _list(
        "unemployment|inflation|consumer confidence|retail sales|industrial output|housing starts|home prices|"
        "exports|GDP|jobless claims|factory orders|wages|consumer spending|mortgage applications"
    ),
    "authority": _list(
        "Fed|ECB|Bank of England|IMF|Treasury|central bank|SEC|World Bank|Bank of Japan|finance ministry|EU"
    ),
    "policy": _list(
        "interest rates|stimulus|bond buying|bank rules|the budget|tariffs|rate hike|tax plan|bailout terms|reforms"
    ),
    "sector": _list(
        "airline|carmaker|retailer|bank|insurer|oil producer|drugmaker|chipmaker|hedge fund|grocer|homebuilder|"
        "telecoms group|cable operator|miner|brewer|lender|steelmaker|startup|studio|publisher|hospital chain"
    ),
    "deal": _list("merger|takeover|buyout|IPO|acquisition|joint venture|settlement|stake sale|spin-off|licensing deal"),
    "boss": _list("CEO|chief executive|chairman|finance chief|founder|board|investors|shareholders|union"),
    "disease": _list(
        "Ebola|measles|flu|diabetes|cancer|breast cancer|malaria|MERS|Alzheimer's|asthma|heart disease|stroke|"
        "hepatitis C|polio|dengue|autism|obesity|HIV|whooping cough|tuberculosis|depression|West Nile virus"
    ),
    "treatment": _list(
        "vaccine|drug|pill|therapy|antibiotic|blood test|screening|surgery|implant|gene therapy|inhaler|statin|"
        "painkiller|hormone treatment|e-cigarette|stem cell treatment|insulin pump|mammogram"
    ),
    "patients": _list(
        "patients|children|women|men|teens|babies|seniors|pregnant women|smokers|adults|veterans|athletes|mothers"
    ),
    "food": _list(
        "coffee|red meat|sugar|salt|fish oil|vitamin D|chocolate|fruit|nuts|olive oil|soda|breakfast|yogurt|alcohol|"
        "whole grains|fast food|green tea"
    ),
    "habit": _list(
        "exercise|sleep|yoga|smoking|vaping|stress|running|sitting|meditation|tanning|dieting|night shifts|screen time"
    ),
    "risk": _list("risk of|deaths from|cases of|symptoms of|odds of|rates of"),
    "healthbody": _list(
        "CDC|WHO|FDA|NHS|health ministry|hospital|clinic|surgeon general|medical journal|health officials"
    ),
    "celebrity": _list(
        "singer|actress|actor|pop star|rapper|reality star|director|comedian|supermodel|TV host|boy band|country star"
    ),
    "show": _list(
        "sitcom|drama|talk show|reality show|musical|sequel|superhero film|biopic|documentary|album|tour|single|"
        "music video|comedy|season finale|concert|miniseries|soundtrack|prequel|reboot"
    ),
    "award": _list(
        "Oscars|Emmys|Grammys|Golden Globes|Tonys|Cannes|film festival|Met Gala|music awards|red carpet|premiere"
    ),
    "family": _list("baby girl|baby boy|wedding|engagement|divorce|split|pregnancy|romance|breakup|twins|honeymoon"),
    "praise": _list(
        "stuns|dazzles|shines|charms fans|wows crowd|steals the show|surprises fans|opens up|breaks down in tears"
    ),
    "gadget": _list(
        "smartphone|tablet|smartwatch|laptop|console|headset|app|browser|search engine|electric car|drone|robot|"
        "smart glasses|operating system|streaming box|wearable|self-driving car|chip|camera|messaging app"
    ),
    "space": _list(
        "Mars|the moon|Saturn|Jupiter|a comet|an asteroid|a distant galaxy|a black hole|the Milky Way|Pluto|"
        "a supernova|an exoplanet|the sun|Titan|deep space"
    ),
    "agency": _list(
        "NASA|astronomers|scientists|researchers|engineers|physicists|a space probe|the rover|space telescope|"
        "biologists|a private rocket firm|climate scientists|geologists"
    ),
    "creature": _list(
        "dinosaur|fossil|shark|whale|bird|spider|mammoth|sea creature|early human|frog|ancient fish|bee|bat|coral"
    ),
    "feature": _list(
        "battery|update|security flaw|privacy settings|price|screen|software|keyboard|voice assistant|cloud storage|"
        "fingerprint sensor|maps|photo tool|launch date|leaked specs|sales"
    ),
    "climate": _list(
        "global warming|sea ice|glaciers|ocean currents|carbon emissions|the ozone layer|drought|rainforest|"
        "wildfires|Arctic ice|sea levels|coral reefs"
    ),
    "cyber": _list(
        "hackers|a bug|malware|a data breach|spam|a password leak|cyber attack|phishing scam|a software glitch"
    ),
}

TEMPLATES: dict[str, tuple[str, ...]] = {
    "Business": (
        "{market} {rise} on {driver}",
        "{market} {fall} as {driver} weigh",
        "{market} {fall} after {driver}",
        "{place} {market} {rise} ahead of {driver}",
        "{firm} {quarter} profit beats forecasts",
        "{firm} {quarter} loss widens as sales {fall}",
        "{firm} to buy {sector} for {money}",
        "{firm} shares {rise} {percent} after {deal} news",
        "{firm} shares {fall} on {quarter} results",
        "{firm} cuts {few} hundred jobs in {place}",
        "{place} {indicator} {rise} more than expected in {month}",
        "{place} {indicator} {fall} {percent} in {month}",
        "{authority} keeps {policy} unchanged",
        "{authority} signals move on {policy}",
        "{authority} chief {says} {place} needs {policy}",
        "{firm} {boss} {person} to step down",
        "{firm} names {person} as {boss}",
        "{sector} agrees {money} {deal} with {firm}",
        "UPDATE {few}-{firm} in talks over {deal}",
        "{firm} raises {money} in {deal}",
        "{boss} of {sector} under pressure over pay",
        "{market} steady as investors await {driver}",
        "US {indicator} at {few}-year high",
        "{expert} see {indicator} slowing in {place}",
        "{firm} recalls cars over faulty switch",
        "{sector} fined {money} by {authority}",
        "{firm} faces {money} lawsuit over {deal}",
        "Why the {sector} {deal} makes sense for investors",
        "{drugfirm} rejects {money} bid from {firm}",
        "{firm} sees {gadget} demand boosting {quarter} sales",
        "{studio} owner {firm} posts record box office revenue",
        "Gas prices {rise} before holiday weekend",
        "{firm} to open {few} stores in {place}",
        "Mortgage rates {fall} to {percent}",
    ),
    "Entertainment": (
        "{person} {praise} at {award}",
        "{celebrity} {person} welcomes {family}",
        "{person} and {person} confirm {family}",
        "'{title}' tops box office with {money}",
        "'{title}' review: a {show} worth the wait",
        "{person} to star in '{title}' {show}",
        "First trailer for '{title}' {show} released",
        "{celebrity} {person} arrested in {place}",
        "{person} cancels {show} in {place}",
        "{award} {year}: the winners, the dresses and the surprises",
        "{person} joins cast of '{title}'",
        "{person} quits '{title}' after {few} seasons",
        "{celebrity} {person} talks {family} and new {show}",
        "'{title}' recap: who died in the {show}?",
        "'{title}' spoilers: {person} returns",
        "{person} spotted with {celebrity} {person} in {place}",
        "{person} slams rumours of {family}",
        "{place} {show} sells out in minutes",
        "{person} goes blonde for new {show}",
        "Fans mourn {celebrity} {person}, dead at 7{digit}",
        "{person} drops surprise {show} on {day}",
        "{celebrity} sues over '{title}' {show}",
        "{person} shows off bikini body in {place}",
        "Watch {person} perform new {show} on late night",
        "{person} hosts {award} for {few} time",
        "Is '{title}' getting a {show}?",
        "{celebrity} {person} enters rehab, says rep",
        "{person} breaks silence on {family}",
        "{person}'s battle with {disease} inspires new {show}",
        "'{title}' game becomes a {show}",
        "{firm} orders second season of '{title}'",
        "{person} on diet secrets and her {show} body",
        "'{title}' {show} set in {space}",
    ),
    "Health": (
        "{food} may lower {risk} {disease}",
        "{habit} linked to higher {risk} {disease}",
        "{disease} cases {rise} in {place}",
        "{healthbody} {says} {disease} outbreak is spreading",
        "New {treatment} for {disease} shows promise in {patients}",
        "{healthbody} approves {treatment} for {disease}",
        "{disease} {treatment} trial begins in {place}",
        "Study: {habit} helps {patients} live longer",
        "{percent} of {patients} at risk of {disease}, study {says}",
        "{patients} who skip {food} more likely to have {disease}",
        "{few} cases of {disease} confirmed in {place}",
        "{disease} death toll {rise} in {place}",
        "{healthbody} urges {patients} to get {treatment}",
        "Could a {treatment} detect {disease} earlier?",
        "{food} during pregnancy tied to {disease}",
        "{place} bans {food} ads aimed at {patients}",
        "Mosquitoes test positive for {disease} in {place}",
        "Doctors question {treatment} for {patients}",
        "{treatment} does not cut {risk} {disease}, researchers find",
        "{disease} survivors face risk years later",
        "{patients} sleeping less, {healthbody} {says}",
        "{healthbody} warns of {treatment} side effects",
        "Too much {food}? What {expert} say about {disease}",
        "Insurance sign-ups {rise} in {place}",
        "{healthbody} reports {percent} drop in {disease}",
        "{place} hospital treats first {disease} patient",
        "{habit} as good as {treatment} for {disease}",
        "{drugfirm} {treatment} halves {risk} {disease} in study",
        "App helps {patients} track {disease}",
        "{celebrity} {person} urges {patients} to get {disease} {treatment}",
        "Scientists find gene behind {disease}",
        "{food} prices {rise}, and so does {disease}, study {says}",
    ),
    "Science": (
        "{agency} find water on {space}",
        "{agency} capture stunning image of {space}",
        "New {gadget} from {firm} launches in {month}",
        "{firm} unveils {gadget} with better {feature}",
        "{firm} {gadget} {feature} leaked ahead of launch",
        "{gadget} review: great {feature}, high price",
        "{agency} discover new {creature} in {place}",
        "Ancient {creature} found in {place} rewrites history",
        "{climate} changing faster than thought, {agency} say",
        "{climate}: report {says} worst is to come",
        "{cyber} hits millions of {gadget} users",
        "{firm} fixes {cyber} in {gadget}",
        "How to update your {gadget} after {cyber}",
        "{agency} ready mission to {space} in {year}",
        "Rocket to {space} delayed to {day}",
        "{firm} brings {feature} to its {gadget}",
        "{firm} vs {firm}: which {gadget} has the best {feature}?",
        "{creature} genome decoded by {agency}",
        "Meteor shower peaks {day}: how to watch",
        "Lunar eclipse visible over {place} on {day}",
        "{firm} and {firm} end {gadget} patent fight",
        "Why {creature} numbers {fall} in {place}",
        "{gadget} makers bet on {feature}",
        "{firm} tests {gadget} in {place}",
        "Net neutrality rules: what {authority} vote means",
        "{place} orders {firm} to delete search results",
        "{firm} buys {gadget} maker for {money}",
        "{agency} grow human tissue in the lab",
        "{expert} {says} {gadget} sales to {rise} {percent}",
        "'{title}' comes to {gadget} in {month}",
        "{creature} may hold clue to {disease} {treatment}",
        "{agency} spot signal from {space}",
        "{firm} to shut {gadget} service in {month}",
    ),
}

STARTERS = _list("||||||||||UPDATE 1-|WRAPUP 2-|Exclusive: |Video: |Report: |Breaking: |Photos: ")
ENDINGS = _list("||||||||||||| - report| (video)|: report|, sources say| this year| again")
