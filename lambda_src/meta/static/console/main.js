// Starts the page. Each part beside this file has one job; pages.py sends them as one script, in its order.

import { byId } from "./dom.js";
import { call } from "./api.js";
import { onNewKey, schemeOf, setScheme, startSession } from "./session.js";
import { classifyPanel, startClassify } from "./classify.js";
import { requestsPanel, startRequests } from "./requests.js";
import { labellingPanel, startLabelling } from "./labelling.js";
import { startStats, statsPanel } from "./stats.js";
import { modelPanel } from "./model.js";
import { driftPanel } from "./drift.js";
import { codePanel, drawSnippets } from "./snippets.js";
import { keepTab, renewTab, startTabs } from "./tabs.js";
import { startHealth } from "./health.js";
import { learnTask } from "./task.js";

// Most APIs use keys: the page assumes so until it has read the contract, and then adapts; to its task's words, too.
async function learnContract() {
  try {
    const contract = (await call("openapi.json", { keyed: false })).document;
    learnTask(contract);
    if (!byId("panel-code").hidden) drawSnippets();
    const found = schemeOf(contract);
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
learnContract();
startTabs({
  classify: classifyPanel, requests: requestsPanel, label: labellingPanel, stats: statsPanel, model: modelPanel,
  drift: driftPanel, code: codePanel,
});
onNewKey(() => {
  classifyPanel.newKey();
  renewTab();
});
