package prefectapi_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"ecsctl/sandbox/prefectapi"
)

// The contract is a list of calls and the normalised answers of real servers, one file
// for each major version. The fake must give the same; so must a real server that
// ECSCTL_CONTRACT_PREFECT_API_URL names. With -update that server's answers become the
// contract.
const contractEnv = "ECSCTL_CONTRACT_PREFECT_API_URL"

var update = flag.Bool("update", false, "write the answers of the server that "+contractEnv+" names to testdata")

func TestContract(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"3.8.8", "2.20.26"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(prefectapi.New(prefectapi.WithVersion(version)))
			t.Cleanup(server.Close)
			compare(t, contractFile(version), play(t, server.URL, version))
		})
	}
}

func TestContractOfRealServer(t *testing.T) {
	t.Parallel()
	server := os.Getenv(contractEnv)
	if server == "" {
		t.Skip(contractEnv + " is not set")
	}
	var version string
	status, body := call(t, server, http.MethodGet, "/admin/version", nil)
	if status != http.StatusOK || json.Unmarshal(body, &version) != nil {
		t.Fatalf("GET admin/version: %d %s", status, body)
	}
	transcript := play(t, server, version)
	if *update {
		if err := os.WriteFile(contractFile(version), []byte(transcript), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	compare(t, contractFile(version), transcript)
}

func contractFile(version string) string {
	major, _, _ := strings.Cut(version, ".")
	return filepath.Join("testdata", "contract-"+major+".txt")
}

func compare(t *testing.T, file, got string) {
	t.Helper()
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	wantSteps, gotSteps := strings.Split(string(want), "\n\n"), strings.Split(got, "\n\n")
	for i := range max(len(wantSteps), len(gotSteps)) {
		var w, g string
		if i < len(wantSteps) {
			w = wantSteps[i]
		}
		if i < len(gotSteps) {
			g = gotSteps[i]
		}
		if diff := gocmp.Diff(strings.Split(w, "\n"), strings.Split(g, "\n")); diff != "" {
			t.Errorf("%s: step %d (- real, + got):\n%s", file, i+1, diff)
		}
	}
}

// step is one call. Path and body may hold {names}: "pool" is unique to the run, the
// others are ids that earlier steps saved.
type step struct {
	method, path, body string
	save               string // the name under which the answer's id is kept, and with ".checksum" its checksum
	only               string // a major version, or both
	brief              bool   // only the status is compared
}

// play makes the calls and writes down what came back.
func play(t *testing.T, server, version string) string {
	t.Helper()
	names := map[string]string{
		"pool": fmt.Sprintf("zz-contract-%d", os.Getpid()), "missing": "00000000-0000-4000-8000-000000000000",
	}
	var out strings.Builder
	for _, s := range contract {
		if s.only != "" && !strings.HasPrefix(version, s.only+".") {
			continue
		}
		status, body := call(t, server, s.method, fill(s.path, names), []byte(fill(s.body, names)))
		if s.save != "" {
			made := readMade(body)
			if made.ID == "" {
				t.Fatalf("%s %s: %d %s: no id to save", s.method, s.path, status, body)
			}
			names[s.save] = made.ID
			names[s.save+".checksum"] = made.Checksum
		}
		fmt.Fprintf(&out, "%s %s %s\n%d\n", s.method, s.path, s.body, status)
		if !s.brief {
			out.WriteString(normalise(t, body, names))
		}
		out.WriteString("\n\n")
	}
	return out.String()
}

// made is what an answer says of a thing that it has made.
type made struct{ ID, Checksum string }

// readMade reads an answer that is one thing, or a list of one.
func readMade(answer []byte) (one made) {
	var list []made
	if json.Unmarshal(answer, &list) == nil && len(list) == 1 {
		return list[0]
	}
	_ = json.Unmarshal(answer, &one) // what is no thing has no id
	return one
}

func fill(text string, names map[string]string) string {
	for name, value := range names {
		text = strings.ReplaceAll(text, "{"+name+"}", value)
	}
	return text
}

// call retries what a busy server on SQLite refuses.
func call(t *testing.T, server, method, path string, body []byte) (int, []byte) {
	t.Helper()
	for try := 1; ; try++ {
		request, err := http.NewRequestWithContext(t.Context(), method, server+path, bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("X-Prefect-Api-Version", "0.8.4")
		request.Close = true // uvicorn closes a connection that is idle for five seconds
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := io.ReadAll(response.Body)
		if cmp.Or(err, response.Body.Close()) != nil {
			t.Fatal(err)
		}
		if response.StatusCode != http.StatusServiceUnavailable || try == 10 {
			return response.StatusCode, raw
		}
		select { // the server also closes the connection after such an answer, a moment later
		case <-time.After(100 * time.Millisecond):
		case <-t.Context().Done():
			t.Fatal(t.Context().Err())
		}
	}
}
