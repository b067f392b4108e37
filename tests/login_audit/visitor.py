"""A client somewhere on the net, as the proxy in front of the server reports it."""

import re
import xmlrpc.client
from itertools import count
from urllib.parse import urlsplit

import requests

_TIMEOUT_SECONDS = 60
_CSRF = re.compile(r'name="csrf_token" value="([^"]+)"')
_LOGGED_IN = re.compile(r"/(?:odoo|web)(?:\?|$)|/web/login_successful")
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
_numbers = count(1)


class Visitor:
    """One client: an address and a User-Agent of its own, and its cookies.

    :param house: the server
    :param ip: the client's address; one that nobody has yet when empty
    :param agent: its User-Agent; one of its own when not given
    """

    def __init__(self, house, ip: str = "", agent: str | bytes | None = None):
        number = next(_numbers)
        self.house = house
        self.ip = ip or f"10.7.{number // 250}.{number % 250 + 1}"
        self.agent = agent if agent is not None else f"{FIREFOX} Test/{number}"
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers.update(self._headers())

    def neighbour(self) -> "Visitor":
        """Return another browser of the same person: same address, no cookies."""
        return Visitor(self.house, self.ip, self.agent)

    # pages

    def get(self, path: str, **options) -> requests.Response:
        """Get a page."""
        address = self.house.address + path
        return self.session.get(address, timeout=_TIMEOUT_SECONDS, **options)

    def post_form(self, path: str, form: dict, page: str = "") -> requests.Response:
        """Fill in and send the form of a page; go where it leads, but not inside.

        :param page: the page with the form, when it is not the address it is sent to
        """
        token = _CSRF.search(self.get(page or path).text)[1]
        response = self.session.post(
            self.house.address + path,
            data={"csrf_token": token, **form},
            timeout=_TIMEOUT_SECONDS,
            allow_redirects=False,
        )
        while response.is_redirect and not is_inside(response):
            response = self.get(path_of(response), allow_redirects=False)
        return response

    def post_json(self, path: str, parameters: dict, **options) -> dict:
        """Send a JSON-RPC request; return the whole answer."""
        body = {"jsonrpc": "2.0", "method": "call", "params": parameters}
        response = self.session.post(
            self.house.address + path, json=body, timeout=_TIMEOUT_SECONDS, **options
        )
        return response.json()

    def call(self, model: str, method: str, *arguments, **options) -> dict:
        """Call a method in the session of this browser; return the whole answer."""
        return self.post_json(
            f"/web/dataset/call_kw/{model}/{method}",
            {"model": model, "method": method, "args": arguments, "kwargs": options},
        )

    # ways of logging in; each tells whether it succeeded

    def log_in(self, login: str, password: str) -> bool:
        """Log in by the form."""
        form = {"login": login, "password": password}
        return is_inside(self.post_form("/web/login", form))

    def open_session(self, login: str, password: str) -> bool:
        """Log in as the web client does."""
        answer = self.post_json(
            "/web/session/authenticate",
            {"db": self.house.database, "login": login, "password": password},
        )
        return bool(answer.get("result", {}).get("uid"))

    def xmlrpc_authenticate(self, login: str, password: str) -> bool:
        """Log in by XML-RPC, ``authenticate``."""
        return bool(
            self.xmlrpc("/xmlrpc/2/common").authenticate(
                self.house.database, login, password, {}
            )
        )

    def xmlrpc_login(self, login: str, password: str) -> bool:
        """Log in by XML-RPC, ``login``."""
        common = self.xmlrpc("/xmlrpc/2/common")
        return bool(common.login(self.house.database, login, password))

    def xmlrpc_old_login(self, login: str, password: str) -> bool:
        """Log in by the old address of XML-RPC."""
        common = self.xmlrpc("/xmlrpc/common")
        return bool(common.login(self.house.database, login, password))

    def jsonrpc_authenticate(self, login: str, password: str) -> bool:
        """Log in by JSON-RPC, ``authenticate``."""
        arguments = [self.house.database, login, password, {}]
        return bool(self.jsonrpc("common", "authenticate", arguments).get("result"))

    def jsonrpc_login(self, login: str, password: str) -> bool:
        """Log in by JSON-RPC, ``login``."""
        arguments = [self.house.database, login, password]
        return bool(self.jsonrpc("common", "login", arguments).get("result"))

    # calls that bring their credential along

    def xmlrpc_call(self, uid: int, password: str) -> bool:
        """Call a method by XML-RPC."""
        models = self.xmlrpc("/xmlrpc/2/object")
        try:
            models.execute_kw(self.house.database, uid, password, *_HARMLESS_CALL)
        except xmlrpc.client.Fault as fault:
            if fault.faultCode != _ACCESS_DENIED:
                raise
            return False
        return True

    def jsonrpc_call(self, uid: int, password: str, probe: str = "") -> bool:
        """Call a method by JSON-RPC.

        :param probe: text that the server's log shows with the address
        """
        arguments = [self.house.database, uid, password, *_HARMLESS_CALL]
        answer = self.jsonrpc("object", "execute_kw", arguments, probe)
        return "result" in answer

    def bearer_call(self, key: str, probe: str = "") -> requests.Response:
        """Use the external API of the series with an API key.

        :param probe: text that the server's log shows with the address
        """
        if self.house.major >= 19:
            path = f"/json/2/res.users/context_get?probe={probe}"
            return self.bearer_request(key, "POST", path, json={})
        path = f"/json/1/res.partner?{_PARTNERS}&probe={probe}"
        return self.bearer_request(key, "GET", path)

    def bearer_request(self, key: str, method: str, path: str, **options):
        """Send a request with an API key, as a program does that keeps no cookies."""
        with requests.Session() as session:
            session.trust_env = False
            return session.request(
                method,
                self.house.address + path,
                headers={**self._headers(), "Authorization": f"Bearer {key}"},
                allow_redirects=False,
                timeout=_TIMEOUT_SECONDS,
                **options,
            )

    def jsonrpc(self, service: str, method: str, arguments: list, probe: str = ""):
        """Call one of the RPC services; return the whole answer."""
        path = f"/jsonrpc?probe={probe}" if probe else "/jsonrpc"
        parameters = {"service": service, "method": method, "args": arguments}
        return self.post_json(path, parameters)

    def xmlrpc(self, path: str) -> xmlrpc.client.ServerProxy:
        """Return a proxy of an XML-RPC service."""
        headers = self._headers()
        # The transport sends one of its own.
        del headers["User-Agent"]
        transport = _Transport(headers=list(headers.items()))
        transport.user_agent = self.agent
        return xmlrpc.client.ServerProxy(self.house.address + path, transport)

    # the second factor

    def give_code(self, code: str, **form) -> bool:
        """Give a code on the page that asks for it."""
        form = {"totp_token": code, **form}
        return is_inside(self.post_form("/web/login/totp", form))

    def _headers(self) -> dict[str, str]:
        host = self.house.address.removeprefix("http://")
        return {
            "X-Forwarded-For": self.ip,
            "X-Forwarded-Host": host,
            "User-Agent": self.agent,
        }


_ACCESS_DENIED = 3
_HARMLESS_CALL = ("res.users", "context_get", [], {})
_PARTNERS = "view_type=list&limit=1&offset=0&domain=[]"


class _Transport(xmlrpc.client.Transport):
    """Sends the User-Agent that it is told."""

    user_agent = ""


def path_of(response: requests.Response) -> str:
    """Return where an answer leads, or else what page it is."""
    address = urlsplit(response.headers.get("Location") or response.url)
    return address._replace(scheme="", netloc="").geturl()


def is_inside(response: requests.Response) -> bool:
    """Tell whether an answer is, or leads to, what only a logged-in person sees."""
    return response.status_code in (200, 303) and bool(
        _LOGGED_IN.match(path_of(response))
    )
