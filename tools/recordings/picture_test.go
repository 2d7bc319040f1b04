package main

import (
	"encoding/xml"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

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
	screen := &terminal{emu: vt.NewEmulator(20, 5), film: &film{}}
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

// A film has each screen once, from the first on, and waits no longer than is worth looking at.
func TestFilm(t *testing.T) {
	t.Parallel()
	f := &film{args: []string{"demo"}, cols: 20, rows: 4}
	line := func(text string) []run { return []run{{text: text, fill: foreground}} }
	start := time.Now()
	f.shoot(start, [][]run{typed(f.args)})
	f.shoot(start.Add(time.Second), [][]run{typed(f.args), line("one")})
	f.shoot(start.Add(time.Second), [][]run{typed(f.args), line("one")})
	f.shoot(start.Add(time.Minute), [][]run{typed(f.args), line("one"), line("two")})
	f.shoot(start.Add(time.Minute+apart/2), [][]run{typed(f.args), line("one"), line("three")})
	stays, whole := f.durations()
	want := []time.Duration{time.Second, atMost, atTheEnd}
	if !slices.Equal(stays, want) || whole != 8500*time.Millisecond {
		t.Errorf("frames stay for %v, together %v, want %v", stays, whole, want)
	}
	got := f.picture()
	wellFormed(t, "film", got)
	for part, times := range map[string]int{"<g transform": 3, "ecsctl demo": 1, ">one<": 1, ">two<": 0, ">three<": 1,
		"@keyframes film{0.000%{transform:translateY(-0px)}11.765%{transform:translateY(-100px)}": 1} {
		if n := strings.Count(string(got), part); n != times {
			t.Errorf("%s is there %d times, want %d:\n%s", part, n, times, got)
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
