package prefect_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ecsctl/prefect"
)

const profilesTOML = `active = "a"

[profiles.a]
PREFECT_API_URL = "http://a/api"
PREFECT_API_KEY = "key-a"
PREFECT_CLIENT_MAX_RETRIES = 3

[profiles.b]
PREFECT_API_URL = "http://b/api/"

[profiles.literal]
PREFECT_API_URL = "http://${HOME}/api"
`

// found is what a case expects: Sources and Extra only where it names them.
type found struct {
	URL, Key, Auth, Profile string
}

// discoverCases run against Discover here and against Prefect's own settings in
// discover_prefect_test.go.
var discoverCases = []struct {
	name      string
	files     map[string]string // below the working directory; HOME is its "home"
	env       []string
	overrides prefect.Overrides
	want      found
	// differs marks what Prefect's own tools would use and ecsctl does not, for safety.
	differs bool
}{
	{name: "nothing", want: found{Profile: "ephemeral"}},
	{name: "active profile", files: map[string]string{"home/.prefect/profiles.toml": profilesTOML},
		want: found{URL: "http://a/api", Key: "key-a", Profile: "a"}},
	{name: "profile of the environment", files: map[string]string{"home/.prefect/profiles.toml": profilesTOML},
		env: []string{"PREFECT_PROFILE=b"}, want: found{URL: "http://b/api", Profile: "b"}},
	{name: "environment before profile", files: map[string]string{"home/.prefect/profiles.toml": profilesTOML},
		env: []string{"PREFECT_API_URL=http://env/api"}, want: found{URL: "http://env/api", Profile: "a"},
		differs: true},
	{name: "another workspace of the same server",
		files: map[string]string{"home/.prefect/profiles.toml": profilesTOML},
		env:   []string{"PREFECT_API_URL=http://a/api/other"}, want: found{
			URL: "http://a/api/other", Key: "key-a", Profile: "a",
		}},
	{name: "empty variable hides", files: map[string]string{"home/.prefect/profiles.toml": profilesTOML},
		env: []string{"PREFECT_API_KEY="}, want: found{URL: "http://a/api", Profile: "a"}},
	{name: "PREFECT_HOME", files: map[string]string{"elsewhere/profiles.toml": profilesTOML},
		env: []string{"PREFECT_HOME={dir}/elsewhere"}, want: found{URL: "http://a/api", Key: "key-a", Profile: "a"}},
	{name: "PREFECT_PROFILES_PATH", files: map[string]string{"mine.toml": profilesTOML},
		env: []string{"PREFECT_PROFILES_PATH=mine.toml"}, want: found{URL: "http://a/api", Key: "key-a", Profile: "a"}},
	{name: "profiles path of .env", files: map[string]string{
		"mine.toml": profilesTOML, ".env": "PREFECT_PROFILES_PATH=mine.toml\n",
	}, want: found{Profile: "ephemeral"}, differs: true},
	{name: "profile values are literal", files: map[string]string{"home/.prefect/profiles.toml": profilesTOML},
		env: []string{"PREFECT_PROFILE=literal"}, want: found{URL: "http://${HOME}/api", Profile: "literal"}},
	{
		name: ".env before prefect.toml before pyproject.toml",
		files: map[string]string{
			".env": "PREFECT_API_URL=http://dotenv/api\n", "prefect.toml": "[api]\nkey = \"key-toml\"\n",
			"pyproject.toml": "[tool.prefect.api]\nurl = \"http://dotenv/other\"\nauth_string = \"u:p\"\nkey = " +
				"\"key-py\"\n",
		},
		want: found{URL: "http://dotenv/api", Key: "key-toml", Auth: "u:p", Profile: "ephemeral"},
	},
	{
		name: ".env quotes, comments and references",
		files: map[string]string{".env": "# ours\nexport HOST=h\nPREFECT_API_URL=\"http://${HOST}-${NONE:-d}/api\" # " +
			"there\nPREFECT_API_KEY=k#1 # not this\nPREFECT_API_AUTH_STRING='u:p # q'\nno setting\n"},
		want: found{URL: "http://h-d/api", Key: "k#1", Auth: "u:p # q", Profile: "ephemeral"},
	},
	{name: "other tables of pyproject.toml",
		files: map[string]string{"pyproject.toml": "[project]\nname = \"x\"\n[tool.other.api]\nurl = \"http://x\"\n"},
		want:  found{Profile: "ephemeral"}},
}

func TestDiscover(t *testing.T) {
	t.Parallel()
	for _, tt := range discoverCases {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir, env := workspace(t, tt.files, tt.env)
			s, err := prefect.Discover(env, dir, tt.overrides)
			if err != nil {
				t.Fatal(err)
			}
			got := found{s.APIURL, s.APIKey.Reveal(), s.AuthString.Reveal(), s.Profile}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// workspace writes the files and returns the directory and the environment in which
// they are found.
func workspace(t *testing.T, files map[string]string, env []string) (string, []string) {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out := []string{"HOME=" + filepath.Join(dir, "home")}
	for _, entry := range env {
		out = append(out, strings.ReplaceAll(entry, "{dir}", dir))
	}
	return dir, out
}

func TestOverridesGoFirst(t *testing.T) {
	t.Parallel()
	dir, env := workspace(t, map[string]string{"home/.prefect/profiles.toml": profilesTOML},
		[]string{"PREFECT_API_URL=http://env/api", "PREFECT_API_KEY=key-env"})
	s, err := prefect.Discover(env, dir, prefect.Overrides{Profile: "b"})
	if err != nil {
		t.Fatal(err)
	}
	got := found{s.APIURL, s.APIKey.Reveal(), "", s.Profile}
	if diff := cmp.Diff(found{URL: "http://b/api", Profile: "b"}, got); diff != "" {
		t.Error(diff)
	}
	if s, err = prefect.Discover(env, dir, prefect.Overrides{
		APIURL: "http://flag/api", APIKey: "key-flag", Profile: "local",
	}); err != nil {
		t.Fatal(err)
	}
	got = found{s.APIURL, s.APIKey.Reveal(), "", s.Profile}
	if diff := cmp.Diff(found{URL: "http://flag/api", Key: "key-flag", Profile: "local"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestSourcesAndExtra(t *testing.T) {
	t.Parallel()
	dir, env := workspace(t, map[string]string{
		"home/.prefect/profiles.toml": profilesTOML,
		"prefect.toml": "[worker]\nquery_seconds = 2.5\n[client]\ncustom_headers = {X-A = " +
			"\"b\"}\nretry_extra_codes = [500, 504]\n",
	}, []string{"PREFECT_LOGGING_LEVEL=DEBUG", "OTHER=1"})
	s, err := prefect.Discover(env, dir, prefect.Overrides{})
	if err != nil {
		t.Fatal(err)
	}
	profiles := filepath.Join(dir, "home", ".prefect", "profiles.toml")
	wantSources := map[string]string{
		"PREFECT_API_URL":                  "profile \"a\" in " + profiles,
		"PREFECT_API_KEY":                  "profile \"a\" in " + profiles,
		"PREFECT_CLIENT_MAX_RETRIES":       "profile \"a\" in " + profiles,
		"PREFECT_WORKER_QUERY_SECONDS":     filepath.Join(dir, "prefect.toml"),
		"PREFECT_CLIENT_CUSTOM_HEADERS":    filepath.Join(dir, "prefect.toml"),
		"PREFECT_CLIENT_RETRY_EXTRA_CODES": filepath.Join(dir, "prefect.toml"),
		"PREFECT_LOGGING_LEVEL":            "the environment",
	}
	if diff := cmp.Diff(wantSources, s.Sources); diff != "" {
		t.Error(diff)
	}
	wantExtra := map[string]prefect.Secret{
		"PREFECT_CLIENT_MAX_RETRIES": "3", "PREFECT_WORKER_QUERY_SECONDS": "2.5", "PREFECT_LOGGING_LEVEL": "DEBUG",
		"PREFECT_CLIENT_CUSTOM_HEADERS": `{"X-A":"b"}`, "PREFECT_CLIENT_RETRY_EXTRA_CODES": "[500,504]",
	}
	if diff := cmp.Diff(wantExtra, s.Extra); diff != "" {
		t.Error(diff)
	}
}

func TestDiscoverErrors(t *testing.T) {
	t.Parallel()
	broken := "active = \"a\"\n[profiles.a]\nPREFECT_API_KEY = pnu_hush\n"
	for _, tt := range []struct {
		name  string
		files map[string]string
		env   []string
		want  []string
	}{
		{"unknown profile", map[string]string{"home/.prefect/profiles.toml": profilesTOML},
			[]string{"PREFECT_PROFILE=none"}, []string{`no Prefect profile "none"`, "PREFECT_PROFILE", "profiles.toml",
				"a, b, literal"}},
		{"unknown active profile", map[string]string{"home/.prefect/profiles.toml": "active = \"gone\"\n"}, nil,
			[]string{`no Prefect profile "gone"`, "active", "there are none"}},
		{"broken profiles", map[string]string{"home/.prefect/profiles.toml": broken}, nil,
			[]string{"profiles.toml", "line 3, column 19"}},
		{"broken prefect.toml", map[string]string{"prefect.toml": "[api\nkey = \"pnu_hush\"\n"}, nil,
			[]string{"prefect.toml", "line 1, column"}},
		{"broken pyproject.toml", map[string]string{"pyproject.toml": "[tool.prefect]\nkey = pnu_hush\n"}, nil,
			[]string{"pyproject.toml", "line 2, column"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir, env := workspace(t, tt.files, tt.env)
			_, err := prefect.Discover(env, dir, prefect.Overrides{})
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q is not in %q", want, err)
				}
			}
			if strings.Contains(err.Error(), "hush") {
				t.Errorf("the key shows in %q", err)
			}
		})
	}
}

func TestUnknownProfileError(t *testing.T) {
	t.Parallel()
	dir, env := workspace(t, map[string]string{"home/.prefect/profiles.toml": profilesTOML}, nil)
	_, err := prefect.Discover(env, dir, prefect.Overrides{Profile: "none"})
	var unknown *prefect.UnknownProfileError
	if !errors.As(err, &unknown) {
		t.Fatalf("%v is no UnknownProfileError", err)
	}
	want := prefect.UnknownProfileError{
		Name: "none", Origin: "the command line", File: filepath.Join(dir, "home/.prefect/profiles.toml"),
		Known: []string{"a", "b", "literal"},
	}
	if diff := cmp.Diff(want, *unknown); diff != "" {
		t.Error(diff)
	}
}

func TestWarnings(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"https://app.prefect.cloud/account/1/workspace/2":       "app.prefect.cloud",
		"https://api.prefect.cloud/api/account/1/workspaces/2":  "",
		"https://api.prefect.cloud/api/accounts/1/workspace/2":  "/workspace/",
		"https://api.prefect.cloud/api/accounts/1/workspaces/2": "none",
	} {
		warnings := strings.Join(prefect.Settings{APIURL: url}.Warnings(), "\n")
		if want == "none" && warnings != "" {
			t.Errorf("%s: %s", url, warnings)
		}
		if want != "none" && warnings == "" {
			t.Errorf("%s: no warning", url)
		}
	}
}
