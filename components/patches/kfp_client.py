"""kfp's client, told by its caller what it else looks for in the environment, ~/.config/kfp and kubectl's files."""

from functools import partial
from typing import Any

import kfp.client
import kfp_server_api
from kfp_server_api import rest

from components.patches.ledger import CLIENT, admit


class ConfiguredClient(kfp.client.Client):
    """kfp's client with a given connection; `api` is what carries its requests.

    Raises MillraceError with a kfp that is not tested.
    """

    def __init__(self, configuration: kfp_server_api.Configuration, namespace: str, cookies: str | None) -> None:
        admit(CLIENT)
        self.configuration, self.context = configuration, {"namespace": namespace}
        super().__init__(host=configuration.host, namespace=namespace, cookies=cookies)
        self.api = self._run_api.api_client

    def _load_config(self, *_: Any, **__: Any) -> kfp_server_api.Configuration:
        return self.configuration

    def _load_context_setting_or_default(self) -> None:
        self._context_setting = self.context


class DirectExchange(rest.RESTClientObject):
    """What sends kfp's requests, for which a redirect is an answer: followed, it would carry the secret elsewhere."""

    def __init__(self, configuration: kfp_server_api.Configuration) -> None:
        super().__init__(configuration)
        self.pool_manager.urlopen = partial(self.pool_manager.urlopen, redirect=False)
