package sandbox

import (
	"encoding/json"
	"strings"

	"ecsctl/sandbox/internal/wire"
)

// filterFields are what narrows lists in the JSON protocols. EC2 has Filter.N instead.
var filterFields = []string{
	"familyPrefix", "serviceName", "startedBy", "launchType", "desiredStatus", "logGroupNamePrefix",
	"logStreamNamePrefix",
	"Filters",
}

// unfilter takes out of a request what narrows its answer.
func unfilter(req *wire.Request) {
	for name := range req.Form {
		if strings.HasPrefix(name, "Filter.") {
			req.Form.Del(name)
		}
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(req.Body, &fields) != nil {
		return // not JSON: its form was narrowed
	}
	for _, name := range filterFields {
		delete(fields, name)
	}
	req.Body, _ = json.Marshal(fields) // what was read as JSON is JSON
}
