"""Checks the corpus against its schemas: every scenario, and every record that it expects.

`server` is what the mock is told, so its shape is that of the mock's own description (openapi.json). The names and
numbers of errors are those of the catalogue. Prints what is wrong; ends with 1 when something is.

Usage: check_schemas.py WORKSPACE SCENARIOS, which is what `cargo xtask conformance show` prints
"""

import json
import sys
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.exceptions import best_match
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012


def main(workspace: Path, shown: Path) -> int:
    folder = workspace / "tests" / "conformance"
    schemas = {
        name: json.loads((folder / name).read_text("utf-8"))
        for name in ("schema.json", "receipt.schema.json", "error.schema.json", "kinds.schema.json")
    }
    openapi = json.loads((workspace / "crates" / "mypreferences-mock" / "openapi.json").read_text("utf-8"))
    registry: Registry[Any] = Registry().with_resources(
        (name, Resource(contents=contents, specification=DRAFT202012))
        for name, contents in {**schemas, "openapi.json": openapi}.items()
    )
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)
    scenario = Draft202012Validator({"$ref": "schema.json"}, registry=registry)
    # Only the schema itself knows whether it can refuse anything.
    complaints: list[str] = []
    complaints += [
        "schema.json accepts a scenario without a name and with a misspelt rule"
        for wrong in ({}, {"server": {"rulez": []}})
        if scenario.is_valid(wrong)
    ]
    scenarios = json.loads(shown.read_text("utf-8"))
    for content in scenarios:
        error = deepest(best_match(scenario.iter_errors(content)))
        if error is not None:
            complaints.append(f"{content.get('name')}: {place(error)}: {shortened(error.message)}")
    for complaint in complaints:
        print(complaint)
    print(f"schemas: {len(scenarios)} scenarios, {len(complaints)} complaints")
    return 1 if complaints or not scenarios else 0


def deepest(error: ValidationError | None) -> ValidationError | None:
    """Of the alternatives that all failed, the one that got furthest: it is the one that was meant."""
    while error is not None and error.context:
        error = max(error.context, key=lambda cause: len(cause.absolute_path))
    return error


def place(error: ValidationError) -> str:
    return "/".join(str(part) for part in error.absolute_path) or "the scenario"


def shortened(message: str) -> str:
    return message if len(message) <= 300 else message[:150] + " … " + message[-150:]


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
