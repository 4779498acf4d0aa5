import json
import subprocess
import time

import pytest


@pytest.fixture(scope="session")
def emulator(tmp_path_factory):
    ready = tmp_path_factory.mktemp("emulator") / "ready.json"
    command = ["cvm", "emulator", "--instant", "--ready-file", str(ready)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        while not ready.exists():
            assert process.poll() is None, "the emulator did not start"
            time.sleep(0.01)
        yield json.loads(ready.read_text())
        process.terminate()
