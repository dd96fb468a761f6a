// Starts the page. Each part beside this file has one job; pages.py sends them as one script, in its order.

import { call } from "./api.js";
import { onNewKey, schemeOf, setScheme, startSession } from "./session.js";
import { classifyPanel, startClassify } from "./classify.js";
import { requestsPanel, startRequests } from "./requests.js";
import { labellingPanel, startLabelling } from "./labelling.js";
import { startStats, statsPanel } from "./stats.js";
import { modelPanel } from "./model.js";
import { driftPanel } from "./drift.js";
import { codePanel } from "./snippets.js";
import { keepTab, renewTab, startTabs } from "./tabs.js";
import { startHealth } from "./health.js";

// Most APIs use keys: the page assumes so until it has read the contract, and then adapts.
async function learnScheme() {
  try {
    const found = schemeOf((await call("openapi.json", { keyed: false })).document);
    if (found === "keys") return;
    setScheme(found);
    if (found === "iam") keepTab("code");
    renewTab();
  } catch (error) {
    console.warn("the contract cannot be read", error);
  }
}

startSession();
startClassify();
startRequests();
startLabelling();
startStats();
startHealth();
learnScheme();
startTabs({
  classify: classifyPanel, requests: requestsPanel, label: labellingPanel, stats: statsPanel, model: modelPanel,
  drift: driftPanel, code: codePanel,
});
onNewKey(() => {
  classifyPanel.newKey();
  renewTab();
});
