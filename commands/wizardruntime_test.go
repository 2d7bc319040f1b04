package commands_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ecsctl/internal/testkit/stage"
	"ecsctl/internal/testkit/tinyprogram"
)

// The runtime decides what comes after it: whether the architecture is asked for, the
// sizes and their prices. What was answered for the other runtime does not stay.
func TestWizardRuntimes(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	s := a.openScreen(80, 30, nil, nil, "bootstrap", "--region", stage.Region, "--pool", "etl", "--wizard", "--dry-run")
	s.defaults(2, 6)
	s.asked("Runtime")
	s.press(down + enter)
	golden(t, "prefect-1-architecture", s.asked("Architecture"))
	s.press(down + enter)
	golden(t, "prefect-2-size", s.asked("Size of the worker"))
	s.press(down + enter)
	s.asked("How many workers?")
	s.sees("Runtime         prefect\n", "Architecture    arm64\n",
		"Size            0.5 vCPU, 2 GB, $17.02 a month in us-east-1\n")
	s.press(back)
	s.asked("Size of the worker")
	s.press(back)
	s.asked("Architecture")
	s.press(back)
	s.asked("Runtime")
	s.press(up + enter)
	s.asked("Size of the worker")
	s.sees("Architecture    x86_64, that of the ecsctl in the image\n",
		"┃ > 0.25 vCPU  0.5 GB  $9.01 a month in us-east-1\n")
	s.press(back) // past what was not asked
	s.asked("Runtime")
	s.press(enter)
	s.defaults(7, len(questions))
	s.exits(0, "ecsctl bootstrap --pool etl --region eu-west-1 --binary .ecsctl-for-image --yes")
	a.wrote(0)
}

// The smallest size is a choice like others where the runtime's own is larger.
func TestWizardSizeBelowTheUsual(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	s := a.openScreen(80, 30, nil, nil, "bootstrap", "--runtime", "prefect", "--dry-run")
	s.defaults(0, 6)
	s.asked("Architecture")
	s.press(enter)
	s.asked("Size of the worker")
	s.press(up + enter) // 0.25 vCPU, 1 GB
	s.defaults(8, len(questions))
	s.exits(0, "--runtime prefect --binary .ecsctl-for-image --cpu 256 --yes")
}

// Where the program that runs cannot go into an image, the wizard asks for one that can,
// and the image has its architecture.
func TestWizardAsksForTheBinary(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.write("notes.txt", "not a program")
	arm, err := tinyprogram.ARM64()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(a.dir, "ecsctl-arm"), arm, 0o600); err != nil {
		t.Fatal(err)
	}
	s := a.openScreen(80, 30, nil, []string{"ECSCTL_BINARY=notes.txt"}, "bootstrap", "--dry-run")
	s.defaults(0, 7)
	golden(t, "binary-1", s.asked("File with an ecsctl for Linux"))
	s.press("nothing" + enter)
	golden(t, "binary-2-missing", s.sees("no such file"))
	s.press(strings.Repeat("\x7f", len("nothing")) + "ecsctl-arm" + enter)
	s.asked("Size of the worker")
	s.sees("Binary          ecsctl-arm\n", "Architecture    arm64, that of the ecsctl in the image\n",
		"0.5 GB  $7.21 a month in us-east-1\n")
	s.press(back)
	s.asked("File with an ecsctl for Linux")
	s.press(back)
	s.asked("Runtime")
	s.press(enter) // the file is good now
	s.defaults(7, len(questions))
	s.exits(0, "--region eu-west-1 --binary ecsctl-arm --yes")
}

// Keys that were typed before the plan was there confirm nothing.
func TestWizardTypedAhead(t *testing.T) {
	t.Parallel()
	for name, env := range map[string]string{"keys": "ACCESSIBLE=", "lines": "ACCESSIBLE=1"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t)
			s := a.openScreen(80, 24, nil, []string{env}, "bootstrap", noWait)
			s.keepsPressing(enter)
			s.exits(1, "not confirmed: nothing was changed")
			a.wrote(0)
		})
	}
}

// keepsPressing types keys again and again, whatever is shown, until the program ends.
func (s *screen) keepsPressing(keys string) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), stage.Patience)
	defer cancel()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case <-s.ended:
			return
		case <-ctx.Done():
			s.t.Fatalf("it does not end:\n%s", s.lines())
		case <-ticker.C:
			_, _ = s.tty.WriteString(keys) // it may have ended just now
		}
	}
}
