package earlyhealth

import (
	"strings"
	"testing"
)

func TestWhatIsAskedEarly(t *testing.T) {
	t.Parallel()
	here := [4]byte{127, 0, 0, 1}
	for name, tc := range map[string]struct {
		line  string
		env   map[string]string
		files []string
		want  question
		early bool
	}{
		"the default": {line: "ecsctl worker health", want: question{here, 8080, "/health"}, early: true},
		"ready": {line: "ecsctl worker health --ready", want: question{here, 8080, "/ready"},
			early: true},
		"an address": {line: "ecsctl worker health --address 127.0.0.1:9000",
			want: question{here, 9000, "/health"}, early: true},
		"an address with =": {line: "ecsctl worker health --address=:9000 --ready",
			want: question{here, 9000, "/ready"}, early: true},
		"the variables": {line: "ecsctl worker health", env: map[string]string{
			"PREFECT_WORKER_WEBSERVER_HOST": "0.0.0.0", "PREFECT_WORKER_WEBSERVER_PORT": "81",
		}, want: question{here, 81, "/health"}, early: true},
		"ecsctl's variable": {line: "ecsctl worker health", env: map[string]string{"ECSCTL_ADDRESS": ":82"},
			want: question{here, 82, "/health"}, early: true},
		"an address over files": {line: "ecsctl worker health --address :83", files: []string{".env"},
			want: question{here, 83, "/health"}, early: true},
		"another command":      {line: "ecsctl worker start"},
		"nothing":              {line: "ecsctl"},
		"another flag":         {line: "ecsctl worker health --help"},
		"another machine":      {line: "ecsctl worker health --address 10.0.0.1:80"},
		"a name":               {line: "ecsctl worker health --address worker:80"},
		"no port":              {line: "ecsctl worker health --address 127.0.0.1"},
		"a port that is none":  {line: "ecsctl worker health --address :70000"},
		"words for a port":     {line: "ecsctl worker health --address :http"},
		"a missing address":    {line: "ecsctl worker health --address"},
		"a profile":            {line: "ecsctl worker health", files: []string{"/home/me/.prefect/profiles.toml"}},
		"a file of the folder": {line: "ecsctl worker health", files: []string{"prefect.toml"}},
		"another home":         {line: "ecsctl worker health", env: map[string]string{"PREFECT_HOME": "/x"}},
	} {
		getenv := func(name string) string {
			if name == "HOME" {
				return "/home/me"
			}
			return tc.env[name]
		}
		exists := func(file string) bool { return strings.Contains(strings.Join(tc.files, " ")+" ", file+" ") }
		got, early := read(strings.Fields(tc.line), getenv, exists)
		if early != tc.early || early && got != tc.want {
			t.Errorf("%s: got %+v, %v", name, got, early)
		}
	}
}
