package prefect

import (
	"net/http"
	"strings"
)

// Attribute makes all later calls say which worker makes them, as Prefect's own workers
// do (prefect/client/attribution.py). An empty name or id is left out.
func (c *Client) Attribute(worker, id string) {
	header := http.Header{}
	for name, value := range map[string]string{"X-Prefect-Worker-Name": worker, "X-Prefect-Worker-Id": id} {
		if value = strings.Trim(value, " \t"); value != "" {
			header.Set(name, value)
		}
	}
	c.attribution.Store(&header)
}

// attribute adds what Attribute has been told.
func (c *Client) attribute(header http.Header) {
	told := c.attribution.Load()
	if told == nil {
		return
	}
	for name, values := range *told {
		header[name] = values
	}
}
