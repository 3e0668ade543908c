"""What librdkafka's tests of TLS and SASL want of their surroundings: certificates, users, identity providers, and a broker that
trusts them, Apache Kafka or the bus. The names of the environment are those of trivup, which makes them for librdkafka's own runs."""
import contextlib
import dataclasses
import pathlib

from bus_access import users_file
from confluent_kafka.admin import AdminClient, NewTopic, ScramCredentialInfo, ScramMechanism, UserScramCredentialUpsertion

from tests.support import tokens
from tests.support.certificates import Authority, openssl
from tests.support.key_server import key_server
from tests.support.token_endpoint import token_endpoint

LISTENERS = (("PLAINTEXT", "PLAINTEXT"), ("TLS", "SSL"), ("SASL", "SASL_PLAINTEXT"))  # name, security protocol
LISTENER = {"mutual_tls": "TLS", "plain": "SASL", "scram": "SASL", "oidc": "SASL"}  # of each scenario
KEY_PASSWORD = "of-the-key"
PLAIN_USER, SCRAM_USER, OIDC_CLIENT = ("alice", "by-plain"), ("bob", "by-scram"), ("erp", "by-oidc")
# The topic that 0126 makes with three replicas is there before, for one broker cannot; its name is that of the seed.
OIDC_SEED, OIDC_TOPIC = "1", "rdkafkatest_rnd74b0dc5119495cff_0126-oauthbearer_oidc"


@dataclasses.dataclass
class Security:
    folder: pathlib.Path
    authority: Authority
    broker: tuple  # its certificate and key
    client: dict  # environment variable -> file, and the key's password
    jwks_url: str
    token_urls: dict  # environment variable -> address

    def of_bus(self):
        certificate, key = self.broker
        return ("--listeners", "PLAINTEXT://127.0.0.1:9092,SSL://127.0.0.1:9093,SASL_PLAINTEXT://127.0.0.1:9094",
                "--ssl-certificate", str(certificate), "--ssl-key", str(key), "--ssl-client-auth", "required",
                "--ssl-client-ca", str(self.authority.certificate), "--sasl-users", users_file(self.folder, **dict([PLAIN_USER])),
                "--oauthbearer-jwks-url", self.jwks_url)

    def of_kafka(self):
        store = self.folder / "broker.pem"
        store.write_text("".join(path.read_text() for path in self.broker))
        user, password = PLAIN_USER
        modules, sasl = "org.apache.kafka.common.security", "listener.name.sasl"
        return {"ssl.keystore.type": "PEM", "ssl.keystore.location": str(store), "ssl.truststore.type": "PEM",
                "ssl.truststore.location": str(self.authority.certificate), "ssl.client.auth": "required",
                "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-512,OAUTHBEARER",
                f"{sasl}.plain.sasl.jaas.config": f'{modules}.plain.PlainLoginModule required user_{user}="{password}";',
                f"{sasl}.scram-sha-512.sasl.jaas.config": f"{modules}.scram.ScramLoginModule required;",
                f"{sasl}.oauthbearer.sasl.jaas.config": f"{modules}.oauthbearer.OAuthBearerLoginModule required;",
                f"{sasl}.oauthbearer.sasl.server.callback.handler.class": f"{modules}.oauthbearer.OAuthBearerValidatorCallbackHandler",
                "sasl.oauthbearer.jwks.endpoint.url": self.jwks_url, "sasl.oauthbearer.expected.issuer": "mes-auth",
                "sasl.oauthbearer.expected.audience": "mes"}

    def of_jvm(self):
        return (f"-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls={self.jwks_url}",)

    def of_test(self, scenario):
        """test.conf's lines, and the environment."""
        tls = {"security.protocol": "ssl", "ssl.ca.location": self.authority.certificate, "ssl.certificate.location": self.client["SSL_pub_pem"],
               "ssl.key.location": self.client["SSL_priv_pem"], "ssl.key.password": KEY_PASSWORD}
        oidc = {"sasl.oauthbearer.method": "OIDC", **words("sasl.oauthbearer.client.id", "sasl.oauthbearer.client.secret", OIDC_CLIENT),
                "enable.random.seed": "false"}  # else librdkafka sets another than the runner's
        return {
            "mutual_tls": (tls, self.client),
            "plain": (sasl("PLAIN", words("sasl.username", "sasl.password", PLAIN_USER)), {}),
            "scram": (sasl("SCRAM-SHA-512", words("sasl.username", "sasl.password", SCRAM_USER)), {}),
            "oidc": (sasl("OAUTHBEARER", oidc), {"TEST_SEED": OIDC_SEED, **self.token_urls}),
        }[scenario]


def words(name, secret, login):
    return dict(zip((name, secret), login))


def sasl(mechanism, more):
    return {"security.protocol": "sasl_plaintext", "sasl.mechanism": mechanism, **more}


def client_files(folder, authority):
    """What a client has, in every form that the tests read: its certificate, its key, and the authorities that it trusts."""
    certificate, key = authority.sign("client")
    ca, secret = authority.certificate, f"pass:{KEY_PASSWORD}"
    pkcs12, key_pem, certificate_der, ca_der, cas_pem = (folder / f"client.{end}" for end in ("p12", "key", "der", "ca.der", "cas.pem"))
    openssl("pkcs12", "-export", "-inkey", key, "-in", certificate, "-certfile", ca, "-passout", secret, "-out", pkcs12)
    openssl("pkey", "-in", key, "-aes256", "-passout", secret, "-out", key_pem)
    openssl("x509", "-in", certificate, "-outform", "DER", "-out", certificate_der)
    openssl("x509", "-in", ca, "-outform", "DER", "-out", ca_der)
    cas_pem.write_text(Authority(folder, "other").certificate.read_text() + ca.read_text())
    return {"SSL_pkcs": str(pkcs12), "SSL_pub_pem": str(certificate), "SSL_pub_der": str(certificate_der), "SSL_priv_pem": str(key_pem),
            "SSL_ca_der": str(ca_der), "SSL_all_cas_pem": str(cas_pem), "SSL_password": KEY_PASSWORD}


@contextlib.contextmanager
def security(folder):
    """While the identity providers run: one whose key the broker knows, one whose it does not, one whose tokens are of 1970."""
    with contextlib.ExitStack() as stack:
        private, jwks_url = stack.enter_context(key_server())

        def provider(key, **claims):
            return stack.enter_context(token_endpoint(key, *OIDC_CLIENT, **claims))[0]
        token_urls = {"VALID_OIDC_URL": provider(private), "INVALID_OIDC_URL": provider(tokens.new_private_key()),
                      "EXPIRED_TOKEN_OIDC_URL": provider(private, exp=1_000_000)}
        authority = Authority(folder, "ours")
        yield Security(folder, authority, authority.sign("broker", ["IP:127.0.0.1"]), client_files(folder, authority), jwks_url, token_urls)


def prepare(address):
    """What is made on a broker that runs."""
    admin = AdminClient({"bootstrap.servers": address})
    user, password = SCRAM_USER
    by_scram = UserScramCredentialUpsertion(user, ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096), password.encode())
    for made in (admin.alter_user_scram_credentials([by_scram]), admin.create_topics([NewTopic(OIDC_TOPIC, 1, 1)])):
        for change in made.values():
            change.result(30)
