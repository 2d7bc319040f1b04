package prefectapi

import (
	"encoding/base64"
	"net/http"
)

// mayEnter lets health checks in without credentials, as a server does.
func (a *API) mayEnter(r *http.Request) bool {
	header := r.Header.Get("Authorization")
	switch {
	case a.authString != "":
		want := "Basic " + base64.StdEncoding.EncodeToString([]byte(a.authString))
		return header == want || (r.Method == http.MethodGet && (r.URL.Path == "/health" || r.URL.Path == "/ready"))
	case a.apiKey != "":
		return header == "Bearer "+a.apiKey
	}
	return true
}
