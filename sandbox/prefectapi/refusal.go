package prefectapi

import (
	"fmt"
	"net/http"
)

// refusal is an answer that is no success, with the body that a server gives.
type refusal struct {
	status int
	body   object
}

func (r *refusal) Error() string { return fmt.Sprint(r.status, " ", r.body) }

func refuse(status int, format string, args ...any) *refusal {
	return &refusal{status, object{"detail": fmt.Sprintf(format, args...)}}
}

func notFound(format string, args ...any) *refusal {
	return refuse(http.StatusNotFound, format, args...)
}

func conflict(format string, args ...any) *refusal {
	return refuse(http.StatusConflict, format, args...)
}

func notImplemented(what string) *refusal {
	return refuse(http.StatusNotImplemented, "the ecsctl sandbox has no %s of the Prefect API", what)
}

// invalid is what a server says of a body or a path that does not fit its schema.
func invalid(kind, message string, input any, location ...any) *refusal {
	return &refusal{http.StatusUnprocessableEntity, object{
		"exception_message": "Invalid request received.",
		"exception_detail":  []object{{"type": kind, "loc": location, "msg": message, "input": input}},
	}}
}
