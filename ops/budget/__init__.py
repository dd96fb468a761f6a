"""One budget for what is started: asks the ledger before, and notes what it took (`cost.monthly_budget_usd`)."""
