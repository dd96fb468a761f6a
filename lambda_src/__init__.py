"""The Lambda functions: one folder each, handler -> logic -> data access; `common` is bundled with every one."""
