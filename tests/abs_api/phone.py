"""An app on a phone that calls the API from an address of its own."""

from itertools import count

import requests

from abs_api.people import PASSWORD

_TIMEOUT_SECONDS = 60
_numbers = count(1)


class Phone:
    """One caller.

    :param house: the server
    """

    def __init__(self, house):
        number = next(_numbers)
        self._house = house
        self._headers = {
            "X-Forwarded-For": f"10.8.{number // 250}.{number % 250 + 1}",
            "X-Forwarded-Host": house.address.removeprefix("http://"),
        }

    def post(self, path: str, body: dict, token: str = "", **headers):
        """Send a body, with a bearer token when there is one."""
        return self._send("POST", path, token, json=body, headers=headers)

    def get(self, path: str, token: str = ""):
        """Ask for something."""
        return self._send("GET", path, token)

    def log_in(self, email: str, password: str = PASSWORD):
        """Log in with a work e-mail."""
        return self.post("/auth/login", {"email": email, "password": password})

    def refresh(self, token: str):
        """Use a refresh token up."""
        return self.post("/auth/refresh", {"refresh_token": token})

    def is_known_by(self, token: str) -> bool:
        """Tell whether an access token is good."""
        answer = self.get("/auth/me", token)
        assert answer.status_code in (200, 401), answer.text
        return answer.status_code == 200

    def _send(self, method, path, token, headers=None, **options):
        sent = {**self._headers, **(headers or {})}
        if token:
            sent["Authorization"] = f"Bearer {token}"
        with requests.Session() as session:
            session.trust_env = False
            return session.request(
                method,
                f"{self._house.address}/api{path}",
                headers=sent,
                timeout=_TIMEOUT_SECONDS,
                **options,
            )
