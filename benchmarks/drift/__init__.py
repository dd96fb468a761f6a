"""False alarms and delay of the evidence of drift (lambda_src/drift), and of what is usually done instead."""
