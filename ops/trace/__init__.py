"""From an answer back to the rows that it rests on, and from a row forward to the models that learnt from it."""
