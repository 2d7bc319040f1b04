package prefectapi

import (
	"encoding/json"
	"net/http"

	"ecsctl/templates"
)

// apiVersion is that of both Prefect 2.20 and 3.
const apiVersion = "0.8.4"

func (a *API) serverRoutes() {
	a.handle("GET /health", func(*request) (answer, error) { return ok(true) })
	a.handle("GET /ready", func(*request) (answer, error) { return ok(object{"message": "OK"}) })
	a.handle("GET /hello", func(*request) (answer, error) { return ok("👋") })
	a.handle("GET /version", func(*request) (answer, error) { return ok(apiVersion) })
	a.handle("GET /admin/version", func(*request) (answer, error) { return ok(a.version) })
	if !a.isPrefect2() {
		a.handle("GET /admin/storage", func(*request) (answer, error) {
			return ok(object{"default_result_storage_block_id": nil})
		})
	}
	a.handle("GET /csrf-token", func(*request) (answer, error) {
		return answer{}, refuse(http.StatusUnprocessableEntity, "CSRF protection is disabled.")
	})
	a.handle("GET /collections/views/{view}", a.collectionView)
}

// collectionView knows the metadata of the ecs worker alone; a server has others beside it.
func (a *API) collectionView(r *request) (answer, error) {
	view := r.PathValue("view")
	if view != "aggregate-worker-metadata" {
		return answer{}, notFound("View %s not found in registry", view)
	}
	return ok(object{"prefect-aws": object{"ecs": object{
		"type":         "ecs",
		"display_name": "AWS Elastic Container Service",
		"description": "Execute flow runs within containers on AWS ECS. Works with EC2 and " +
			"Fargate clusters. Requires an AWS account.",
		"install_command":                "pip install prefect-aws",
		"is_beta":                        false,
		"default_base_job_configuration": json.RawMessage(templates.ECSBaseJobTemplate),
	}}})
}
