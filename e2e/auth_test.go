//go:build e2e

package e2e

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"ecsctl/e2e/peers"
)

// authString is the user and password of a server that asks for them, which Prefect
// 3 has and Prefect 2 has not.
const authString = "admin:c4n4ry-Pass-8Kd2"

// A server that asks for a user and a password gets a worker that has them, out of a
// secret of its own, and they stay as secret as a key.
func TestAuthString(t *testing.T) {
	server, err := peers.StartPrefect(t.Context(), peers.Prefect3, t.TempDir(),
		"PREFECT_SERVER_API_AUTH_STRING="+authString)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Kill)
	t.Run("worker comes online", func(t *testing.T) {
		takeWorkerPort(t)
		newAuthWorld(t, server).bringOnline()
	})
	t.Run("stays secret", func(t *testing.T) {
		w := newAuthWorld(t, server)
		w.checkSecret(authString, w.everyKindOfRun())
	})
}

func newAuthWorld(t *testing.T, server *peers.Server) *world {
	t.Helper()
	w := newWorld(t, server)
	w.secret = aws.String("prefect/" + w.pool + "/api-auth-string")
	w.source.Prefect.Authorization = "Basic " + base64.StdEncoding.EncodeToString([]byte(authString))
	for i, variable := range w.env {
		if strings.HasPrefix(variable, "PREFECT_API_KEY=") {
			w.env[i] = "PREFECT_API_AUTH_STRING=" + authString
		}
	}
	return w
}
