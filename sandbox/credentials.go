package sandbox

import (
	"encoding/json"
	"net/http"
	"time"
)

// credentialsPath is where tasks find the credentials of their role. ECS has an address
// of its own for that, which only a container can reach; SDKs take one on loopback too.
const credentialsPath = "/_sandbox/credentials/"

// serveCredentials answers as the container credentials endpoint of ECS does.
func (s *Server) serveCredentials(w http.ResponseWriter, r *http.Request) {
	session, ok := s.sts.Find(r.PathValue("id"))
	w.Header().Set("Content-Type", "application/json")
	if !ok {
		w.WriteHeader(http.StatusNotFound)
		_, _ = w.Write([]byte(`{"code":"InvalidIdInRequest","message":"CredentialsV2Request: Credentials not found"}`))
		return
	}
	answer, err := json.Marshal(map[string]string{
		"RoleArn":         session.Role,
		"AccessKeyId":     session.Key,
		"SecretAccessKey": session.Secret,
		"Token":           session.Token,
		"Expiration":      session.Expires.UTC().Format(time.RFC3339),
	})
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	_, _ = w.Write(answer) // the task may be gone; there is nobody to tell
}
