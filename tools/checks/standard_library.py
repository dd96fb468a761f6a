"""A rule that import-linter lacks: some packages may need only Python's standard library."""

from __future__ import annotations

import sys
from typing import Any

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class StandardLibraryOnly(Contract):
    """The packages `source_modules` import themselves, the standard library and what is `allowed`, and nothing else."""

    type_name = "standard_library_only"

    source_modules = fields.ListField(subfield=fields.StringField())
    allowed = fields.ListField(subfield=fields.StringField(), required=False, default=[])

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Check each package's direct imports: imports through another of its modules are among them."""
        packages = [str(name) for name in self.source_modules]  # type: ignore[attr-defined]
        beside = [str(name) for name in self.allowed]  # type: ignore[attr-defined]
        allowed = {*sys.stdlib_module_names, *packages, *beside}
        found = [
            line
            for package in packages
            for module in sorted({package, *graph.find_descendants(package)})
            for imported in sorted(graph.find_modules_directly_imported_by(module))
            if imported.split(".")[0] not in allowed
            for line in _lines(graph, module, imported)
        ]
        return ContractCheck(kept=not found, metadata={"found": found})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """One line for each import."""
        for line in check.metadata["found"]:
            output.print_error(line)


def _lines(graph: ImportGraph, importer: str, imported: str) -> list[str]:
    details: list[Any] = list(graph.get_import_details(importer=importer, imported=imported))
    return [f"{importer} imports {imported} (l.{each['line_number']})" for each in details]
