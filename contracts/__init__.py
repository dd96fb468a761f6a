"""What parts that never import one another agree on: names, layouts, formats and limits, each written once.

Standard library only, nothing of ours. Each bundle takes only the modules that its part imports
(tools/bundling/contracts.py), so a module here holds what is read together.
"""
