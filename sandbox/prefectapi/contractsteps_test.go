package prefectapi_test

import "slices"

const (
	get   = "GET"
	post  = "POST"
	patch = "PATCH"
	del   = "DELETE"
)

// contract is what the API promises, as stories that each clean up behind themselves.
var contract = slices.Concat(poolStory, taskStory, blockStory, deployStory)

// poolStory is a pool, its queues and workers, flow runs and their states.
var poolStory = []step{
	{method: get, path: "/health"},
	{method: get, path: "/version"},
	{method: get, path: "/admin/storage", only: "3"},
	{method: get, path: "/csrf-token?client=x"},
	{method: get, path: "/collections/views/aggregate-worker-metadata", brief: true},
	{method: get, path: "/collections/views/nope"},

	// pools
	{method: get, path: "/work_pools/{pool}"},
	{method: post, path: "/work_pools/", body: `{"name":"{pool}","type":"ecs"}`, save: "poolID"},
	{method: post, path: "/work_pools/", body: `{"name":"{pool}","type":"ecs"}`},
	{method: post, path: "/work_pools/", body: `{"name":"prefect-mine","type":"ecs"}`},
	{method: post, path: "/work_pools/", body: `{"name":"a/b","type":"ecs"}`},
	{method: post, path: "/work_pools/", body: `{"type":"ecs"}`},
	{method: post, path: "/work_pools/", body: `{"name":"{pool}-2","type":"ecs","colour":"red"}`},
	{method: post, path: "/work_pools/", body: `{"name":"{pool}-2","type":"ecs","base_job_template":{"variables":{}}}`},
	{method: get, path: "/work_pools/{pool}"},
	{method: patch, path: "/work_pools/{pool}",
		body: `{"description":"ours","base_job_template":{"job_configuration":{"b":1,"a":1.50},"variables":{"properties":{}}}}`},
	{method: get, path: "/work_pools/{pool}"},
	{method: patch, path: "/work_pools/{pool}", body: `{"is_paused":true,"concurrency_limit":2}`},
	{method: get, path: "/work_pools/{pool}"},
	{method: patch, path: "/work_pools/{pool}", body: `{"is_paused":false}`},
	{method: patch, path: "/work_pools/{pool}", body: `{"concurrency_limit":-1}`},
	{method: patch, path: "/work_pools/{pool}", body: `{"colour":"red"}`},
	{method: patch, path: "/work_pools/{pool}-none", body: `{"description":"x"}`},
	{method: del, path: "/work_pools/{pool}-none"},
	{method: post, path: "/work_pools/filter", body: `{"work_pools":{"name":{"any_":["{pool}"]}}}`},
	{method: post, path: "/work_pools/filter", body: `{"work_pools":{"name":{"any_":["{pool}"]}},"offset":1}`},
	{method: post, path: "/work_pools/filter", body: `{"limit":201}`},

	// workers
	{method: post, path: "/work_pools/{pool}/workers/filter", body: `{}`},
	{method: post, path: "/work_pools/{pool}-none/workers/filter", body: `{}`},
	{method: post, path: "/work_pools/{pool}/workers/heartbeat", body: `{"name":"w 1","heartbeat_interval_seconds":30}`},
	{method: post, path: "/work_pools/{pool}/workers/heartbeat", body: `{}`},
	{method: post, path: "/work_pools/{pool}/workers/heartbeat", body: `{"name":"w 1","heartbeat_interval_seconds":30.0}`},
	{method: post, path: "/work_pools/{pool}/workers/heartbeat", body: `{"name":"w 1","heartbeat_interval_seconds":"x"}`},
	{method: post, path: "/work_pools/{pool}-none/workers/heartbeat", body: `{"name":"w 1"}`},
	{method: post, path: "/work_pools/{pool}/workers/filter", body: `{}`},
	{method: post, path: "/work_pools/{pool}/workers/filter", body: `{"workers":{"status":{"any_":["OFFLINE"]}}}`},
	{method: get, path: "/work_pools/{pool}"},
	{method: del, path: "/work_pools/{pool}/workers/none"},

	// queues
	{method: get, path: "/work_pools/{pool}/queues/default"},
	{method: get, path: "/work_pools/{pool}/queues/none"},
	{method: post, path: "/work_pools/{pool}/queues", body: `{"name":"second"}`},
	{method: post, path: "/work_pools/{pool}/queues", body: `{"name":"second"}`},
	{method: post, path: "/work_pools/{pool}/queues", body: `{"name":"first","priority":1,"concurrency_limit":5,"description":"before all"}`},
	{method: post, path: "/work_pools/{pool}/queues/filter", body: `{}`},
	{method: patch, path: "/work_pools/{pool}/queues/second", body: `{"is_paused":true}`},
	{method: get, path: "/work_pools/{pool}/queues/second"},
	{method: patch, path: "/work_pools/{pool}/queues/second", body: `{"is_paused":false}`},

	// flows and deployments
	{method: post, path: "/flows/", body: `{"name":"{pool}","tags":["t"]}`, save: "flow"},
	{method: post, path: "/flows/", body: `{"name":"{pool}"}`},
	{method: get, path: "/flows/{flow}"},
	{method: get, path: "/flows/{missing}"},
	{method: get, path: "/flows/name/{pool}"},
	{method: post, path: "/deployments/", body: `{"name":"plain","flow_id":"{flow}","work_pool_name":"{pool}","job_variables":{"cpu":512},"parameters":{"p":1},"tags":["d"],"path":"/opt","entrypoint":"flow.py:main","version":"1"}`, save: "deployment"},
	{method: post, path: "/deployments/", body: `{"name":"plain","flow_id":"{flow}","work_pool_name":"{pool}","version":"2"}`},
	{method: post, path: "/deployments/", body: `{"name":"lost","flow_id":"{flow}","work_pool_name":"{pool}-none"}`},
	{method: post, path: "/deployments/", body: `{"name":"lost","flow_id":"{missing}"}`},
	{method: post, path: "/deployments/", body: `{"flow_id":"{flow}"}`},
	{method: get, path: "/deployments/{deployment}"},
	{method: get, path: "/deployments/{missing}"},
	{method: get, path: "/deployments/name/{pool}/plain"},
	{method: get, path: "/deployments/name/{pool}/none"},

	// scheduled runs
	{method: post, path: "/deployments/{missing}/create_flow_run", body: `{}`},
	{method: post, path: "/deployments/{deployment}/create_flow_run", body: `{"name":"one","idempotency_key":"{pool}","parameters":{"q":2},"tags":["r"],"job_variables":{"memory":1024}}`, save: "run"},
	{method: post, path: "/deployments/{deployment}/create_flow_run", body: `{"name":"again","idempotency_key":"{pool}"}`},
	{method: post, path: "/deployments/{deployment}/create_flow_run", body: `{"name":"later","work_queue_name":"first","state":{"type":"SCHEDULED","state_details":{"scheduled_time":"2037-01-01T00:00:00Z"}}}`, save: "later"},
	{method: get, path: "/flow_runs/{run}"},
	{method: get, path: "/flow_runs/{missing}"},
	{method: get, path: "/flow_runs/no-id"},
	{method: post, path: "/work_pools/{pool}/get_scheduled_flow_runs", body: `{}`},
	{method: post, path: "/work_pools/{pool}/get_scheduled_flow_runs", body: `{"scheduled_before":"2036-01-01T00:00:00Z"}`},
	{method: post, path: "/work_pools/{pool}/get_scheduled_flow_runs", body: `{"work_queue_names":["second"]}`},
	{method: post, path: "/work_pools/{pool}/get_scheduled_flow_runs", body: `{"work_queue_names":["none"]}`},
	{method: post, path: "/work_pools/{pool}-none/get_scheduled_flow_runs", body: `{}`},
	{method: post, path: "/work_pools/{pool}/get_scheduled_flow_runs", body: `{"limit":1}`},
	{method: patch, path: "/work_pools/{pool}/queues/default", body: `{"concurrency_limit":0}`},
	{method: post, path: "/work_pools/{pool}/get_scheduled_flow_runs", body: `{"scheduled_before":"2036-01-01T00:00:00Z"}`},
	{method: patch, path: "/work_pools/{pool}/queues/default", body: `{"concurrency_limit":null}`},
	{method: patch, path: "/work_pools/{pool}", body: `{"is_paused":true}`},
	{method: post, path: "/work_pools/{pool}/get_scheduled_flow_runs", body: `{}`},
	{method: patch, path: "/work_pools/{pool}", body: `{"is_paused":false}`},

	// states
	{method: post, path: "/flow_runs/{missing}/set_state", body: `{"state":{"type":"PENDING"}}`},
	{method: post, path: "/flow_runs/{run}/set_state", body: `{}`},
	{method: post, path: "/flow_runs/{run}/set_state", body: `{"state":{"type":"SLEEPING"}}`},
	{method: post, path: "/flow_runs/{later}/set_state", body: `{"state":{"type":"RUNNING"}}`},
	{method: post, path: "/flow_runs/{run}/set_state", body: `{"state":{"type":"PENDING","state_details":{"transition_id":"{missing}"}},"force":false}`},
	{method: post, path: "/flow_runs/{run}/set_state", body: `{"state":{"type":"PENDING","state_details":{"transition_id":"{missing}"}},"force":false}`},
	{method: post, path: "/flow_runs/{run}/set_state", body: `{"state":{"type":"PENDING"}}`},
	{method: get, path: "/work_pools/{pool}"},
	{method: post, path: "/flow_runs/{run}/set_state", body: `{"state":{"type":"PENDING","name":"Submitting"}}`},
	{method: patch, path: "/flow_runs/{run}", body: `{"infrastructure_pid":"cluster::task"}`},
	{method: patch, path: "/flow_runs/{missing}", body: `{"infrastructure_pid":"cluster::task"}`},
	{method: patch, path: "/flow_runs/{run}", body: `{"colour":"red"}`},
	{method: patch, path: "/flow_runs/{run}/labels", body: `{"a":"b"}`, only: "3"},
	{method: post, path: "/flow_runs/{run}/set_state", body: `{"state":{"type":"SCHEDULED","name":"Late"}}`},
	{method: post, path: "/flow_runs/{run}/set_state", body: `{"state":{"type":"PAUSED"}}`},
	{method: post, path: "/flow_runs/{run}/set_state", body: `{"state":{"type":"RUNNING"}}`},
	{method: post, path: "/flow_runs/{run}/set_state", body: `{"state":{"type":"PAUSED","state_details":{"pause_key":"k"}}}`},
	{method: post, path: "/flow_runs/{run}/set_state", body: `{"state":{"type":"PENDING"}}`},
	{method: post, path: "/flow_runs/{run}/set_state", body: `{"state":{"type":"RUNNING"}}`},
	{method: post, path: "/flow_runs/{run}/set_state", body: `{"state":{"type":"CANCELLING"}}`},
	{method: post, path: "/flow_runs/{run}/set_state", body: `{"state":{"type":"CRASHED"}}`},
	{method: post, path: "/flow_runs/{run}/set_state", body: `{"state":{"type":"CANCELLED","message":"stopped"}}`},
	{method: get, path: "/flow_runs/{run}"},
	{method: post, path: "/flow_runs/{run}/set_state", body: `{"state":{"type":"CRASHED"}}`},
	{method: post, path: "/flow_runs/{run}/set_state", body: `{"state":{"type":"PENDING"}}`},
	{method: post, path: "/flow_runs/{run}/set_state", body: `{"state":{"type":"CRASHED","message":"by force"},"force":true}`},
	{method: post, path: "/flow_runs/{run}/set_state", body: `{"state":{"type":"SCHEDULED"}}`},
	{method: post, path: "/flow_runs/{later}/set_state", body: `{"state":{"type":"CANCELLING"}}`},
	{method: get, path: "/flow_runs/{later}"},
	{method: get, path: "/flow_run_states/?flow_run_id={run}"},

	// finding runs
	{method: post, path: "/flow_runs/filter", body: `{"flow_runs":{"id":{"any_":["{run}"]}}}`},
	{method: post, path: "/flow_runs/filter", body: `{"flow_runs":{"state":{"type":{"any_":["CANCELLED"]}}},"work_pools":{"name":{"any_":["{pool}"]}},"work_pool_queues":{"name":{"any_":["first"]}}}`},
	{method: post, path: "/flow_runs/filter", body: `{"flow_runs":{"state":{"name":{"any_":["Running"]}},"deployment_id":{"any_":["{deployment}"]}}}`},
	{method: post, path: "/flow_runs/filter", body: `{"flow_runs":{"expected_start_time":{"before_":"2036-01-01T00:00:00Z"}},"flows":{"id":{"any_":["{flow}"]}},"sort":"EXPECTED_START_TIME_ASC"}`},
	{method: post, path: "/flow_runs/count", body: `{"flows":{"id":{"any_":["{flow}"]}}}`},

	// deployment concurrency
	{method: post, path: "/deployments/", body: `{"name":"narrow","flow_id":"{flow}","work_pool_name":"{pool}","concurrency_limit":1}`, save: "narrow", only: "3"},
	{method: post, path: "/deployments/{narrow}/create_flow_run", body: `{"name":"n1"}`, save: "n1", only: "3"},
	{method: post, path: "/deployments/{narrow}/create_flow_run", body: `{"name":"n2"}`, save: "n2", only: "3"},
	{method: post, path: "/flow_runs/{n1}/set_state", body: `{"state":{"type":"PENDING"}}`, only: "3"},
	{method: post, path: "/flow_runs/{n2}/set_state", body: `{"state":{"type":"PENDING"}}`, only: "3"},
	{method: get, path: "/deployments/{narrow}", only: "3"},
	{method: post, path: "/flow_runs/{n1}/set_state", body: `{"state":{"type":"CRASHED"}}`, only: "3"},
	{method: get, path: "/deployments/{narrow}", only: "3"},
	{method: post, path: "/flow_runs/{n2}/set_state", body: `{"state":{"type":"PENDING"}}`, only: "3"},

	// logs
	{method: post, path: "/logs/", body: `[{"name":"worker","level":20,"message":"hello","timestamp":"2026-01-01T00:00:00Z","flow_run_id":"{run}"},{"name":"worker","level":30,"message":"before","timestamp":"2025-01-01T00:00:00Z","flow_run_id":"{run}"}]`},
	{method: post, path: "/logs/", body: `[{"name":"worker","level":20,"message":"hello"}]`},
	{method: post, path: "/logs/filter", body: `{"logs":{"flow_run_id":{"any_":["{run}"]}},"sort":"TIMESTAMP_ASC"}`},

	// variables
	{method: post, path: "/variables/", body: `{"name":"zz_contract","value":"x"}`},
	{method: post, path: "/variables/", body: `{"name":"zz_contract","value":"x"}`},
	{method: post, path: "/variables/", body: `{"name":"ZZ contract","value":"x"}`},
	{method: get, path: "/variables/name/zz_contract"},
	{method: get, path: "/variables/name/zz_none"},
	{method: del, path: "/variables/name/zz_contract"},
	{method: post, path: "/variables/", body: `{"name":"zz_contract_object","value":{"a":[1,null]}}`, only: "3"},
	{method: del, path: "/variables/name/zz_contract_object", only: "3"},

	// blocks
	{method: post, path: "/block_types/", body: `{"name":"{pool}","slug":"{pool}"}`, save: "type"},
	{method: get, path: "/block_types/slug/{pool}"},
	{method: get, path: "/block_types/slug/{pool}-none"},
	{method: post, path: "/block_schemas/", body: `{"block_type_id":"{type}","fields":{"title":"T","type":"object","properties":{"user":{"type":"string"},"password":{"type":"string"}},"secret_fields":["password"],"block_type_slug":"zz-contract","block_schema_references":{}}}`, save: "schema"},
	{method: post, path: "/block_documents/", body: `{"name":"inner","data":{"user":"u","password":"hush"},"block_type_id":"{type}","block_schema_id":"{schema}"}`, save: "inner"},
	{method: post, path: "/block_documents/", body: `{"name":"inner","data":{},"block_type_id":"{type}","block_schema_id":"{schema}"}`},
	{method: post, path: "/block_documents/", body: `{"name":"outer","data":{"child":{"$ref":{"block_document_id":"{inner}"}}},"block_type_id":"{type}","block_schema_id":"{schema}"}`, save: "outer"},
	{method: get, path: "/block_documents/{inner}"},
	{method: get, path: "/block_documents/{inner}?include_secrets=true"},
	{method: get, path: "/block_documents/{outer}?include_secrets=true"},
	{method: get, path: "/block_documents/{missing}"},
	{method: get, path: "/block_types/slug/{pool}/block_documents/name/inner?include_secrets=true"},
	{method: get, path: "/block_types/slug/{pool}/block_documents/name/none?include_secrets=true"},
	{method: del, path: "/block_documents/{outer}"},
	{method: del, path: "/block_documents/{inner}"},
	{method: del, path: "/block_types/{type}"},

	// clean-up
	{method: del, path: "/work_pools/{pool}/queues/second"},
	{method: del, path: "/deployments/{narrow}", only: "3"},
	{method: del, path: "/deployments/{deployment}"},
	{method: del, path: "/deployments/{deployment}"},
	{method: del, path: "/work_pools/{pool}"},
	{method: get, path: "/flow_runs/{later}"},
	{method: del, path: "/flow_runs/{later}"},
	{method: del, path: "/flow_runs/{later}"},
	{method: del, path: "/flows/{flow}"},
	{method: get, path: "/flow_runs/{run}"},

	// events
	{method: post, path: "/events", body: `[{"id":"{missing}","occurred":"2026-01-01T00:00:00Z","event":"{pool}.happened","resource":{"prefect.resource.id":"{pool}.r"},"related":[{"prefect.resource.id":"{pool}.s","prefect.resource.role":"other"}]}]`, only: "3"},
	{method: post, path: "/events", body: `[]`, only: "3"},
	{method: post, path: "/events", body: `[{"id":"{missing}","occurred":"2026-01-01T00:00:00Z","event":"{pool}.happened","resource":{}}]`, only: "3", brief: true},
	{method: post, path: "/events", body: `[{"id":"{missing}","occurred":"2026-01-01T00:00:00Z","resource":{"prefect.resource.id":"{pool}.r"}}]`, only: "3", brief: true},
	{method: post, path: "/events", body: `[{"occurred":"2026-01-01T00:00:00Z","event":"{pool}.happened","resource":{"prefect.resource.id":"{pool}.r"}}]`, only: "3", brief: true},
	{method: post, path: "/events/filter", body: `{"filter":{"event":{"prefix":["{pool}.none"]}}}`, only: "3"},
}
