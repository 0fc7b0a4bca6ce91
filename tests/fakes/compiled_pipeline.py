"""A pipeline of one step as KFP v2 has it, with the parameters that every compiled pipeline of ours takes."""

PIPELINE = """\
components:
  comp-trainer:
    executorLabel: exec-trainer
    inputDefinitions:
      parameters:
        config: {parameterType: STRING}
        run_id: {parameterType: STRING}
deploymentSpec:
  executors:
    exec-trainer:
      container:
        image: millrace:cpu-0123456789ab
        command: [millrace, step]
        args: [--run-id, "{{$.inputs.parameters['run_id']}}", --document, "{{$.inputs.parameters['config']}}"]
pipelineInfo: {name: trips}
root:
  dag:
    tasks:
      trainer:
        cachingOptions: {}
        componentRef: {name: comp-trainer}
        inputs:
          parameters:
            config: {componentInputParameter: config}
            run_id: {runtimeValue: {constant: "{{$.pipeline_job_uuid}}"}}
        taskInfo: {name: trainer}
  inputDefinitions:
    parameters:
      cache: {parameterType: BOOLEAN, defaultValue: true, isOptional: true}
      config: {parameterType: STRING, defaultValue: "name: trips", isOptional: true}
      set: {parameterType: LIST, defaultValue: [], isOptional: true}
schemaVersion: 2.1.0
sdkVersion: kfp-2.5.0
---
platforms:
  kubernetes:
    deploymentSpec:
      executors:
        exec-trainer:
          nodeSelector:
            labels: {pool: gpu}
"""
SCHEDULED = PIPELINE.replace(  # and one whose runs ask their schedule first
    "      set: {parameterType: LIST",
    '      asked: {parameterType: STRING, defaultValue: "", isOptional: true}\n      set: {parameterType: LIST',
)
