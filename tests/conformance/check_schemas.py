"""Checks the corpus against its schemas: every scenario, and every record that it expects.

`server` is what the mock is told, so its shape is that of the mock's own description (openapi.json). The names and
numbers of errors are those of the catalogue. Prints what is wrong; ends with 1 when something is.

Usage: check_schemas.py WORKSPACE
"""

import json
import sys
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.exceptions import best_match
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012


def main(workspace: Path) -> int:
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
    files = sorted((folder / "scenarios").glob("*.json"))
    defaults = json.loads((folder / "defaults.json").read_text("utf-8"))
    for file in files:
        content = filled(json.loads(file.read_text("utf-8")), defaults)
        error = deepest(best_match(scenario.iter_errors(content)))
        if error is not None:
            complaints.append(f"{file.name}: {place(error)}: {shortened(error.message)}")
        elif content["name"] != file.stem:
            complaints.append(f"{file.name}: its name says {content['name']}")
    for complaint in complaints:
        print(complaint)
    print(f"schemas: {len(files)} scenarios, {len(complaints)} complaints")
    return 1 if complaints or not files else 0


def filled(scenario: dict[str, Any], defaults: dict[str, Any]) -> dict[str, Any]:
    """The scenario with what defaults.json says where it says nothing, as the judge reads it."""

    def overlaid(default: Any, given: Any) -> Any:
        match default, given:
            case dict(), dict():
                return default | {key: overlaid(default.get(key), value) for key, value in given.items()}
            case [element], list():
                return [overlaid(element, value) for value in given]
            case _:
                return given

    def result(given: dict[str, Any]) -> dict[str, Any]:
        return {
            sort: [result(one) for one in record] if sort == "one_of" else overlaid(records.get(sort), record)
            for sort, record in given.items()
        }

    records = defaults["records"]
    for expect in [scenario.get("expect"), *(it.get("expect") for it in scenario.get("except", []))]:
        if expect is not None:
            expect["results"] = [result(one) for one in expect["results"]]
    settings = {} if "configuration" in scenario else {"settings": defaults["settings"] | scenario.get("settings", {})}
    return scenario | settings | {"server": defaults["server"] | scenario.get("server", {})}


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
    sys.exit(main(Path(sys.argv[1])))
