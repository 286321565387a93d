"""Accounting storage for the cluster of tests/helpers/slurm_cluster.py: slurmdbd over a MariaDB of its own.

Both live in the cluster's folder and listen on the loopback address. Who stops the cluster ends them, by the
pids that they write.
"""

from __future__ import annotations

import secrets
import socket
import subprocess
from pathlib import Path

from slurm_processes import find, free_ports, wait_until

PROGRAMS = ("mariadb-install-db", "mariadbd", "mariadb", "slurmdbd", "sacctmgr", "sacct")

CONF = """\
AuthType=auth/munge
AuthInfo=socket={folder}/run/munge.socket
DbdHost=localhost
DbdAddr=127.0.0.1
DbdPort={port}
SlurmUser=root
PidFile={folder}/run/slurmdbd.pid
LogFile={folder}/log/slurmdbd.log
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort={database_port}
StorageUser=slurm
StoragePass={password}
StorageLoc=slurm_acct_db
"""
# what slurm.conf says of them
CLIENTS = """\
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort={port}
AccountingStoragePass={folder}/run/munge.socket
"""
GRANT = (
    "CREATE USER slurm@127.0.0.1 IDENTIFIED BY '{password}'; GRANT ALL ON slurm_acct_db.* TO slurm@127.0.0.1;"
)


class SlurmAccounts:
    """The accounts in a cluster's folder."""

    def __init__(self, folder: Path) -> None:
        """Choose free ports; nothing is started."""
        self.folder = folder
        self.port, self.database_port = free_ports(2)

    @property
    def clients(self) -> str:
        """The lines of slurm.conf that name them."""
        return CLIENTS.format(folder=self.folder, port=self.port)

    def start(self, environment: dict[str, str]) -> None:
        """Make the database, start both daemons, and add the cluster `toy`; munge is there already.

        Args:
            environment: of the cluster's clients.

        Raises:
            TimeoutError: they do not answer; the logs are under `log/`.
            subprocess.CalledProcessError: a program failed.
        """
        data, listening = self.folder / "database", self.folder / "run/mariadb.socket"
        self._run("mariadb-install-db", "--no-defaults", f"--datadir={data}", "--user=root", "--skip-test-db")
        with (self.folder / "log/mariadbd.log").open("w") as log:
            subprocess.Popen(
                [
                    find("mariadbd"),
                    "--no-defaults",
                    "--user=root",
                    f"--datadir={data}",
                    f"--socket={listening}",
                    "--bind-address=127.0.0.1",
                    f"--port={self.database_port}",
                    f"--pid-file={self.folder}/run/mariadbd.pid",
                ],
                stdout=log,
                stderr=log,
            )
        wait_until(listening.exists, 60, f"the database; see {self.folder}/log/mariadbd.log")
        password = secrets.token_hex(16)
        self._run("mariadb", "--no-defaults", f"--socket={listening}", "-e", GRANT.format(password=password))
        conf = self.folder / "slurmdbd.conf"
        conf.touch(mode=0o600)
        conf.write_text(
            CONF.format(
                folder=self.folder, port=self.port, database_port=self.database_port, password=password
            )
        )
        self._run("slurmdbd", environment=environment)
        wait_until(self._answers, 60, f"slurmdbd; see {self.folder}/log/slurmdbd.log")
        self._run("sacctmgr", "--immediate", "add", "cluster", "toy", environment=environment)

    def _answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return False
        return True

    def _run(self, program: str, *options: str, environment: dict[str, str] | None = None) -> None:
        with (self.folder / "log" / f"{program}.out").open("a") as out:
            subprocess.run(
                [find(program), *options], env=environment, stdout=out, stderr=out, check=True, timeout=60
            )
