"""The example for nginx, brought to run here: on other addresses, in a folder of its own."""

import os
import shutil
from pathlib import Path

EXAMPLE = Path(__file__).parent.parent / "deploy" / "nginx.conf"
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")


def command(folder: Path, *, inside: int, outside: int) -> list[str]:
    """How nginx is started in front of port `inside`, to be reached at `outside`; it writes what it needs into the folder."""
    for name in ("tmp", "cache"):
        (folder / name).mkdir()
    written = EXAMPLE.read_text("utf-8").replace("127.0.0.1:8000", f"127.0.0.1:{inside}").replace("127.0.0.1:8080", f"127.0.0.1:{outside}")
    (folder / "nginx.conf").write_text(f"daemon off;\n{'user root;' if os.geteuid() == 0 else ''}\n{written}")
    return [str(NGINX), "-p", str(folder), "-c", "nginx.conf"]
