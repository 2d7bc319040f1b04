package main

import (
	"encoding/xml"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/charmbracelet/x/vt"
)

// wellFormed fails for what no browser would draw.
func wellFormed(t *testing.T, name string, picture []byte) {
	t.Helper()
	decoder := xml.NewDecoder(strings.NewReader(string(picture)))
	for {
		if _, err := decoder.Token(); err == io.EOF {
			return
		} else if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, picture)
		}
	}
}

func TestPicture(t *testing.T) {
	t.Parallel()
	screen := &terminal{emu: vt.NewEmulator(20, 5)}
	defer screen.emu.Close()
	if _, err := screen.Write([]byte("plain \x1b[1;31mred\x1b[0m\r\n\r\na < b & c   \r\n")); err != nil {
		t.Fatal(err)
	}
	got := string(screen.picture([]string{"status", "--pool", "etl"}))
	wellFormed(t, "picture", []byte(got))
	for _, part := range []string{
		`>ecsctl status --pool etl</tspan>`, `<tspan fill="` + foreground + `">plain </tspan>`,
		`<tspan fill="` + palette[1] + `" font-weight="bold">red</tspan>`, `>a &lt; b &amp; c</tspan>`,
		`viewBox="0 0 196 100"`,
	} {
		if !strings.Contains(got, part) {
			t.Errorf("%s is not in\n%s", part, got)
		}
	}
}

// The pictures that there are are those that the program makes, and each is shown.
func TestRecordingsInTheDocs(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/recordings.md")
	if err != nil {
		t.Fatal(err)
	}
	wanted := map[string]bool{}
	for _, r := range recordings {
		for _, s := range append(r.steps, step{picture: r.name}) {
			if s.picture != "" {
				wanted[s.picture+".svg"] = true
			}
		}
	}
	files, err := filepath.Glob("../../docs/recordings/*")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != len(wanted) {
		t.Errorf("there are %d pictures, and %d are recorded", len(files), len(wanted))
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		wellFormed(t, file, raw)
		name := filepath.Base(file)
		if !wanted[name] || !strings.Contains(string(page), "(recordings/"+name+")") {
			t.Errorf("%s is not recorded any more, or not shown", name)
		}
	}
}
