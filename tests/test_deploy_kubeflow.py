"""What deploy/kubeflow has for Kubeflow's own controllers, put in place by hand."""

from typing import Any

import kubernetes_validate
import pytest
import yaml

from configs.repository import ROOT
from pipelines.remote.kubeflow import RUNNER

FOLDER = ROOT / "deploy" / "kubeflow"


def read(name: str) -> Any:
    return yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", ["controller", "pipeline-runner"])
def test_it_is_sound_and_names_no_namespace(name: str) -> None:
    kubernetes_validate.validate(read(name), kubernetes_validate.latest_version(), strict=True)
    assert "namespace" not in read(name)["metadata"]


def test_the_controller_tries_again_whatever_became_of_a_step() -> None:
    defaults = yaml.safe_load(read("controller")["data"]["workflowDefaults"])
    assert defaults["spec"]["templateDefaults"]["retryStrategy"]["retryPolicy"] == "Always"
    assert defaults["spec"]["ttlStrategy"]["secondsAfterCompletion"] == 7 * 24 * 3600


def test_kubeflow_s_own_account_gets_the_role_of_the_steps() -> None:
    account = list(yaml.safe_load_all((ROOT / "deploy/base/account.yaml").read_text(encoding="utf-8")))
    [role] = [document["metadata"]["name"] for document in account if document["kind"] == "Role"]
    binding = read("pipeline-runner")
    assert binding["roleRef"]["name"] == role
    assert [subject["name"] for subject in binding["subjects"]] == [RUNNER]
