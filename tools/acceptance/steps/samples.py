"""The texts that a run sends: its log can have no others."""

HEADLINES = (
    "Shares slide as bank warns of higher rates",
    "Singer announces world tour after a year away",
    "New vaccine cuts flu cases among children",
    "Astronomers spot a planet with water vapour",
    "Carmaker to buy battery supplier in record deal",
    "Actor to star in sequel to hit space film",
    "Doctors warn of measles outbreak in the capital",
    "Phone maker unveils tablet with folding screen",
)
BATCH_LINES = 40
