package plaintext_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"

	"ecsctl/internal/plaintext"
)

func TestText(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"plain, 日本語, é\tand\nlines":           "plain, 日本語, é\tand\nlines",
		"\x1b[1;31mred\x1b[0m \x1b[38;5;63mx": "\x1b[1;31mred\x1b[0m \x1b[38;5;63mx",
		"\x1b[m":                              "\x1b[m",
		"\x1b[2J\x1b[H":                       `\u001b[2J\u001b[H`,
		"\x1b[8mhidden":                       `\u001b[8mhidden`,
		"\x1b[30mblack \x1b[38;5;16mtoo":      `\u001b[30mblack \u001b[38;5;16mtoo`,
		"\x1b]52;c;ZXZpbA==\x07":              `\u001b]52;c;ZXZpbA==\u0007`,
		"\x1b]8;;https://evil\x1b\\x":         `\u001b]8;;https://evil\u001b\x`,
		"\u009b2J":                            `\u009b2J`,
		"\x9b2J":                              `\u009b2J`,
		"a\rb":                                `a\u000db`,
		"\u202egnp.exe":                       `\u202egnp.exe`,
		"\u2066x\u2069\u200b":                 `\u2066x\u2069\u200b`,
		"\x1b[31":                             `\u001b[31`,
	} {
		if got := plaintext.Text(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
	if got := plaintext.Line("a\n  + fake\tx"); got != "a\\u000a  + fake\tx" {
		t.Errorf("got %q", got)
	}
}

// TestLink: a link of ours stays, and one whose address could leave its sequence is no link.
func TestLink(t *testing.T) {
	t.Parallel()
	link := plaintext.Link("etl", "https://prefect.example.com/work-pools/work-pool/etl")
	if !strings.HasPrefix(link, "\x1b]8;id=") || plaintext.Text(link) != link || ansi.StringWidth(link) != 3 {
		t.Errorf("got %q of width %d", plaintext.Text(link), ansi.StringWidth(link))
	}
	for _, address := range []string{"", "https://a\x1b\\", "https://a b", "https://a\a", "https://ä"} {
		if got := plaintext.Link("etl", address); got != "etl" {
			t.Errorf("%q: got %q", address, got)
		}
	}
}

func FuzzText(f *testing.F) {
	f.Add("\x1b[31mred\x1b[0m")
	f.Add("\U000e0041")
	f.Add("\x1b]52;c;x\x07\u202e\x9b")
	f.Fuzz(func(t *testing.T, in string) {
		out := plaintext.Text(in)
		if !utf8.ValidString(out) || plaintext.Text(out) != out {
			t.Errorf("%q: not plain: %q", in, out)
		}
		if strings.ContainsAny(plaintext.Line(in), "\n\r") {
			t.Errorf("%q: more than a line", in)
		}
		quoted, err := json.Marshal(in)
		if err != nil {
			t.Fatal(err)
		}
		var back, exact string
		if json.Unmarshal(quoted, &exact) != nil || json.Unmarshal([]byte(plaintext.Text(string(quoted))),
			&back) != nil || back != exact {
			t.Errorf("%q: JSON changed: %q", in, back)
		}
	})
}
