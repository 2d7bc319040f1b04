package prompt

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/creack/pty"

	"ecsctl/internal/testkit/tty"
)

// watch reads what a terminal shows until the program closes it. At the first sign of a
// question it pastes what belongs to that.
func watch(person *os.File, paste map[string]string) string {
	var shown bytes.Buffer
	one, shows := make([]byte, 1), tty.Whole(person)
	for {
		if _, err := shows.Read(one); err != nil {
			return shown.String() // the program has let go of it
		}
		shown.Write(one)
		if text, ok := paste[string(one)]; ok {
			delete(paste, string(one))
			_, _ = person.WriteString(text + "\n")
		}
	}
}

const wrongKey, rightKey = "pnu_wrong", "pnu_right"

// A key that is pasted at the first byte of the question is not seen, nor is the next one
// at the first byte of a refusal.
func TestSecretIsHiddenBeforeItIsAskedFor(t *testing.T) {
	t.Parallel()
	for range 100 {
		person, slave, err := pty.Open()
		if err != nil {
			t.Fatal(err)
		}
		screen := make(chan string)
		go func() { screen <- watch(person, map[string]string{"@": wrongKey, "#": rightKey}) }()
		question := Question{Title: "@ the key", Secret: true, Check: func(v []string) error {
			if v[0] == wrongKey {
				return errors.New("# no such key")
			}
			return nil
		}}
		got, err := NewLines(slave, slave).Ask(t.Context(), question)
		if err != nil || len(got) != 1 || got[0] != rightKey {
			t.Errorf("got %q, %v", got, err)
		}
		_ = slave.Close()
		shown := <-screen
		_ = person.Close()
		if strings.Contains(shown, "pnu_") || !strings.Contains(shown, "# no such key") {
			t.Fatalf("the screen shows %q", shown)
		}
	}
}

// What is asked for in the open is shown again after a secret.
func TestInputIsShownAgain(t *testing.T) {
	t.Parallel()
	person, slave, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	screen := make(chan string)
	go func() { screen <- watch(person, map[string]string{"@": rightKey, "#": "in the open"}) }()
	lines := NewLines(slave, slave)
	for _, q := range []Question{{Title: "@ the key", Secret: true}, {Title: "# the name"}} {
		if _, err := lines.Ask(t.Context(), q); err != nil {
			t.Error(err)
		}
	}
	_ = slave.Close()
	shown := <-screen
	_ = person.Close()
	if strings.Contains(shown, rightKey) || !strings.Contains(shown, "in the open") {
		t.Errorf("the screen shows %q", shown)
	}
}
