"""Certificates for tests, by the openssl program: an authority, and what it signs."""
import pathlib
import subprocess


def openssl(*arguments, text=None):
    done = subprocess.run(["openssl", *map(str, arguments)], input=text, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


class Authority:
    def __init__(self, folder, name="authority"):
        self.folder = pathlib.Path(folder)
        self.certificate, self.key = self.folder / f"{name}.crt", self.folder / f"{name}.key"
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", 2, "-subj",
                f"/CN={name}", "-keyout", self.key, "-out", self.certificate)
        self.name, self.serial = name, 0x1000

    def sign(self, name, alternatives=None, extensions="", subject=None, days=2):
        """The certificate's file and the key's, for a name; `extensions` are more lines of its section. `subject`: where the
        name is not all of it; fewer than 0 `days`: it has expired."""
        self.serial += 1
        key, request, made = (self.folder / f"{self.name}-{self.serial}.{end}" for end in ("key", "csr", "crt"))
        names = ",".join(alternatives or [f"DNS:{name}"])
        section = request.with_suffix(".cnf")
        section.write_text(f"subjectAltName={names}\n{extensions}\n")
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", subject or f"/CN={name}",
                "-keyout", key, "-out", request)
        openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.key, "-set_serial", self.serial,
                "-days", days, "-extfile", section, "-out", made)
        return made, key
