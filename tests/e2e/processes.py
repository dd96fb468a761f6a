"""The processes of a local AWS, as the operating system lists them."""

from pathlib import Path


def processes_of(folder: Path, *, containing: str = "") -> list[int]:
    """Ids of the running processes whose environment names `folder` and whose command line has `containing`."""
    results = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            environment = (entry / "environ").read_bytes().decode(errors="replace")
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:  # it ended meanwhile, or is another user's
            continue
        if str(folder) in environment and command and containing in command:
            results.append(int(entry.name))
    return results


def model_servers(folder: Path) -> list[int]:
    """Ids of the model server processes of the local AWS in `folder`."""
    return processes_of(folder, containing="model_code.serving.server")
