package sandbox

import (
	"crypto/rand"
	"strings"

	"ecsctl/sandbox/prefectapi"
)

// prefectAccess is how clients get into the Prefect API of the sandbox's own: as into a server
// of the version. A server of Prefect 3 knows a user and password, by which websockets are opened
// too; that of Prefect 2 has nothing of the kind, so that it takes a key, as Cloud does.
type prefectAccess struct {
	version            string
	apiKey, authString string
}

func newPrefectAccess(o Options) prefectAccess {
	switch {
	case o.PrefectAPI != nil:
		return prefectAccess{} // the caller's own
	case strings.HasPrefix(o.PrefectVersion, "2."):
		return prefectAccess{version: o.PrefectVersion, apiKey: "pnu_" + rand.Text()}
	}
	return prefectAccess{version: o.PrefectVersion, authString: "sandbox:" + rand.Text()}
}

func (p prefectAccess) options() (out []prefectapi.Option) {
	if p.version != "" {
		out = append(out, prefectapi.WithVersion(p.version))
	}
	return append(out, prefectapi.WithAPIKey(p.apiKey), prefectapi.WithAuthString(p.authString))
}

func (p prefectAccess) env() (out []string) {
	if p.apiKey != "" {
		out = append(out, "PREFECT_API_KEY="+p.apiKey)
	}
	if p.authString != "" {
		out = append(out, "PREFECT_API_AUTH_STRING="+p.authString)
	}
	return out
}

// PrefectCredentials are what the Prefect API of the sandbox's own asks for: another one for each start,
// one of the two. Both are empty with Options.PrefectAPI.
func (s *Server) PrefectCredentials() (apiKey, authString string) {
	return s.prefect.apiKey, s.prefect.authString
}
