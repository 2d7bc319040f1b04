package commands_test

import (
	"fmt"
	"testing"

	"ecsctl/internal/testkit/stage"
	"ecsctl/sandbox"
	"ecsctl/sandbox/prefectapi"
)

// keyless takes away all that says where Prefect is and who we are there.
func keyless(cloud string) []string {
	return []string{"PREFECT_API_URL=", "PREFECT_API_KEY=", "PREFECT_CLOUD_API_URL=" + cloud}
}

// secretValue is what the pool's secret has.
func (a *account) secretValue(name string) string {
	a.t.Helper()
	answer, err := a.Call(a.t.Context(), "secretsmanager", "GetSecretValue", "SecretId: "+name)
	a.must(err)
	value, err := stage.At(answer, "SecretString")
	a.must(err)
	return value
}

// Where nothing says which Prefect is meant, the wizard asks for a key, unseen, and lists
// its workspaces. The key ends in the secret and nowhere else: exits looks for it.
func TestWizardAsksForTheKey(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	s := a.openScreen(80, 24, nil, keyless(a.cloud()), "bootstrap", noWait)
	s.asked("AWS region")
	s.press(enter)
	golden(t, "key-1-where", s.asked("Where is Prefect?"))
	s.press(enter)
	s.asked("Prefect Cloud API key")
	s.press(enter)
	s.sees("paste it and press Enter")
	s.press("pnu_wrong" + enter)
	s.sees("Prefect Cloud refused that key")
	s.press(stage.Canary)
	golden(t, "key-2-typed", s.sees("┃ > *****"))
	s.press(enter)
	s.asked("Prefect Cloud workspace")
	s.press(back)
	s.asked("Prefect Cloud API key")
	s.press(back)
	s.asked("Where is Prefect?")
	s.press(enter)
	s.asked("Prefect Cloud API key")
	s.press(stage.Canary + enter)
	s.asked("Prefect Cloud workspace")
	s.press(down + enter)
	s.defaults(1, len(questions))
	s.asked(lastTitle)
	s.press(makeThem)
	s.exits(0, "It takes the key that you typed from PREFECT_API_KEY", "created work-pool my-ecs-pool")
	if got := a.secretValue("prefect/my-ecs-pool/api-key"); got != stage.Canary {
		t.Errorf("the secret has %q", got)
	}
}

// A self-hosted server that wants credentials gets them asked for; one that wants none
// does not (that is TestWizardDefaults).
func TestWizardAsksForTheAuthString(t *testing.T) {
	t.Parallel()
	const auth = "admin:c4n4ry-pass"
	a := openAccount(t, sandbox.Options{}, prefectapi.WithAuthString(auth))
	address := a.Prefect
	s := a.openScreen(80, 24, nil, keyless(""), "bootstrap", noWait)
	s.asked("AWS region")
	s.press(enter)
	s.asked("Where is Prefect?")
	s.press(down + enter)
	s.asked("Prefect API URL")
	s.press(address + enter)
	s.asked("Auth string of the Prefect server")
	s.press("admin:wrong" + enter)
	s.sees("The server refused that")
	s.press(auth + enter)
	s.defaults(1, len(questions))
	s.asked(lastTitle)
	s.press(makeThem)
	s.exits(0, "--prefect-api-url "+address, "created work-pool my-ecs-pool")
	if got := a.secretValue("prefect/my-ecs-pool/api-auth-string"); got != auth {
		t.Errorf("the secret has %q", got)
	}
}

// Line by line a key is not seen either.
func TestWizardKeyInLines(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	s := a.openScreen(80, 24, nil, append(keyless(a.cloud()), "ACCESSIBLE=1"), "bootstrap")
	for i, answer := range []string{"", "1", "pnu_c4n4ry_wrong", stage.Canary, "2"} {
		s.line(i+1, answer)
	}
	s.until(func() bool { return containsAll(s.text(), []string{"refused that key", "Name of the new work pool"}) })
	s.press(ctrlC)
	s.exits(130, "interrupted: nothing was changed")
	a.wrote(0)
}

// A key that a person gives on standard input is not seen, and Ctrl-C ends the waiting.
func TestKeyOnATerminal(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		keys string
		code int
		says string
	}{
		"a key":  {stage.Canary + "\r", 0, "created service prefect-worker-etl"},
		"Ctrl-C": {"pnu_c4n4ry" + ctrlC, 130, "interrupted: nothing was changed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t)
			term := a.open("bootstrap", "--pool", "etl", "--no-wait", "--yes", "--prefect-api-key-file", "-")
			term.answer("Prefect API key", test.keys)
			term.exits(test.code, test.says)
			if test.code == 0 && a.secretValue("prefect/etl/api-key") != stage.Canary {
				t.Error("the secret has another key")
			}
		})
	}
}

// Ctrl-C at each of these questions leaves nothing behind; 60 columns show all of them.
func TestWizardKeyInterrupted(t *testing.T) {
	t.Parallel()
	steps := []struct{ title, keys string }{
		{"Where is Prefect?", enter}, {"Prefect Cloud API key", stage.Canary + enter},
		{"Prefect Cloud workspace", enter},
	}
	for i, last := range steps {
		t.Run(last.title, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t)
			s := a.openScreen(60, 20, nil, keyless(a.cloud()), "bootstrap")
			s.asked("AWS region")
			s.press(enter)
			for _, before := range steps[:i] {
				s.asked(before.title)
				s.press(before.keys)
			}
			golden(t, fmt.Sprintf("narrow-key-%d", i+1), s.asked(last.title))
			s.press(ctrlC)
			s.exits(130, "interrupted: nothing was changed")
			a.wrote(0)
			a.hasNoFile("ecsctl.yaml")
		})
	}
}
