"""AWS::DynamoDB::GlobalTable as documented, with the calls that CloudFormation makes on AWS.

MiniStack leaves out TTL, backups, encryption, tags, warm throughput and the attribute TableId; its update gives the
table another name and so replaces it with a new, empty one.

Sources: "AWS::DynamoDB::GlobalTable" in the CloudFormation template reference; `createOnlyProperties` in its resource
schema.
"""

from local_aws import private_api
from local_aws.patches.dynamodb import global_table_changes as changes
from local_aws.patches.dynamodb import global_table_handlers as handlers

_PROVISIONERS = "ministack.services.cloudformation.provisioners"
_HANDLERS = private_api.declare(
    _PROVISIONERS,
    "_RESOURCE_HANDLERS",
    "make global tables as CloudFormation does",
    expects=lambda handlers: {"create", "update", "delete"} <= set(handlers.get(changes.KIND, {})),
)
_REPLACING = private_api.declare(
    _PROVISIONERS,
    "_REPLACING_PROPERTIES",
    "replace a global table whose keys change",
    expects=lambda properties: "AWS::DynamoDB::Table" in properties and changes.KIND not in properties,
)
_CUSTOM_NAMES = private_api.declare(
    _PROVISIONERS,
    "_CUSTOM_NAME_REPLACEMENT",
    "refuse to replace a global table that has a name of its own",
    expects=lambda names: "name" in names.get("AWS::DynamoDB::Table", {}) and changes.KIND not in names,
)


def install() -> None:
    """Replace MiniStack's handlers."""
    _HANDLERS.get()[changes.KIND] = {
        "create": handlers.create,
        "update": handlers.update,
        "delete": handlers.delete,
    }
    _REPLACING.get()[changes.KIND] = changes.REPLACING
    _CUSTOM_NAMES.get()[changes.KIND] = {"name": "TableName"}
