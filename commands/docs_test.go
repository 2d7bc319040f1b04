package commands

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/urfave/cli/v2"

	"ecsctl/commands/console"
	"ecsctl/provision/spec"
)

// Whatever ecsctl command the docs show, in a block or in a sentence, is one that there
// is, with flags that it has.
func TestDocsShowRealCommands(t *testing.T) {
	t.Parallel()
	app := newApp(console.Streams{})
	seen := 0
	for _, d := range readDocs(t) {
		for _, line := range d.commands() {
			seen++
			if problem := checkLine(app, line); problem != "" {
				t.Errorf("%s: %s: %s", d.path, line, problem)
			}
		}
	}
	if seen < 100 {
		t.Errorf("only %d commands were found in the docs", seen)
	}
}

// Each command is in some doc, and each doc in the list of them.
func TestDocsHaveEveryCommand(t *testing.T) {
	t.Parallel()
	all := ""
	docs := readDocs(t)
	for _, d := range docs {
		all += "\n" + strings.Join(d.commands(), "\n")
	}
	for _, example := range HelpExamples() {
		if !strings.Contains(all, "\necsctl "+example.Command) {
			t.Errorf("no doc shows `ecsctl %s`", example.Command)
		}
	}
	at := slices.IndexFunc(docs, func(d doc) bool { return d.path == "../docs/README.md" })
	if at < 0 {
		t.Fatal("there is no docs/README.md")
	}
	index := docs[at].text
	for _, d := range docs {
		if name, ok := strings.CutPrefix(d.path, "../docs/"); ok && name != "README.md" &&
			!strings.Contains(index, "("+name+")") {
			t.Errorf("docs/README.md does not name %s", name)
		}
	}
}

// The YAML in the docs is YAML; what is an ecsctl.yaml has the keys that there are.
func TestDocsYAML(t *testing.T) {
	t.Parallel()
	seen := 0
	for _, d := range readDocs(t) {
		for _, block := range d.blocks {
			if block.language != "yaml" {
				continue
			}
			seen++
			var node any
			if err := yaml.Unmarshal([]byte(block.text), &node); err != nil {
				t.Errorf("%s: %v\n%s", d.path, err, block.text)
			}
			if strings.HasPrefix(block.text, "pool: ") {
				if _, err := spec.ParseSpec(d.path, []byte(block.text), poolIn(block.text)); err != nil {
					t.Error(err)
				}
			}
		}
	}
	if seen < 3 {
		t.Errorf("only %d blocks of YAML were found", seen)
	}
}

// Links in the docs lead somewhere.
func TestDocsLinks(t *testing.T) {
	t.Parallel()
	link := regexp.MustCompile(`\]\(([^)#:]+)(#[^)]*)?\)`)
	for _, d := range readDocs(t) {
		for _, match := range link.FindAllStringSubmatch(d.text, -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(d.path), match[1])); err != nil {
				t.Errorf("%s: %v", d.path, err)
			}
		}
	}
}

// doc is a page, with its blocks of code apart.
type doc struct {
	path, text string
	blocks     []block
}

type block struct{ language, text string }

var fence = regexp.MustCompile("(?ms)^ *```(\\w*)\n(.*?)^ *```$")

func readDocs(t *testing.T) []doc {
	t.Helper()
	paths, err := filepath.Glob("../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	var docs []doc
	for _, path := range append(paths, "../README.md", "../CONTRIBUTING.md") {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		d := doc{path: path, text: string(raw)}
		for _, match := range fence.FindAllStringSubmatch(d.text, -1) {
			d.blocks = append(d.blocks, block{match[1], match[2]})
		}
		docs = append(docs, d)
	}
	return docs
}

var (
	// inBlock is a command at a place where a shell would take one.
	inBlock = regexp.MustCompile(`(?:^|[\s;&|(])(?:\./)?(ecsctl(?: [^\n]*|$))`)
	// inPage is a block of code or what stands between backquotes in a sentence.
	inPage = regexp.MustCompile("(?ms)^ *```(\\w*)\n(.*?)^ *```$|`(?:\\./)?(ecsctl\\s[^`]*)`")
)

// commands are the command lines of ecsctl on the page, up to what a shell ends them by.
func (d doc) commands() []string {
	var out []string
	for _, line := range d.lines() {
		if match := inBlock.FindStringSubmatch(line.Text); match != nil {
			out = append(out, endOfCommand.Split(match[1], 2)[0])
		}
	}
	return out
}

// DocLine is a line of a block of code, or a command of ecsctl in a sentence.
type DocLine struct {
	Text     string
	Language string // of the block
	Sentence bool
}

// DocPage is a page of the docs with its lines.
type DocPage struct {
	Path  string
	Lines []DocLine
}

// DocPages are all pages for users.
func DocPages(t *testing.T) []DocPage {
	t.Helper()
	var out []DocPage
	for _, d := range readDocs(t) {
		if filepath.Base(d.path) != "CONTRIBUTING.md" {
			out = append(out, DocPage{Path: strings.TrimPrefix(d.path, "../"), Lines: d.lines()})
		}
	}
	return out
}

// lines are those of the page in its order; a line that goes on is one with the next.
func (d doc) lines() []DocLine {
	var out []DocLine
	for _, match := range inPage.FindAllStringSubmatch(d.text, -1) {
		if match[3] != "" {
			out = append(out, DocLine{Text: strings.Join(strings.Fields(match[3]), " "), Sentence: true})
			continue
		}
		for line := range strings.Lines(strings.ReplaceAll(match[2], "\\\n", " ")) {
			out = append(out, DocLine{Text: strings.TrimRight(line, "\n"), Language: match[1]})
		}
	}
	return out
}

var endOfCommand = regexp.MustCompile(`\s*(?:[|;&>#]|<\(|\) )`)

// checkLine follows the words of a line through the commands and their flags, and says
// what is wrong with it.
func checkLine(app *cli.App, line string) string {
	flags, commands, name := app.Flags, app.Commands, "ecsctl"
	words := strings.Fields(line)[1:]
	for i := 0; i < len(words); i++ {
		word := strings.Trim(words[i], `"'`)
		switch {
		case word == "--" || word == "...":
			return ""
		case word == "--help" || word == "-h" || name == "ecsctl" && word == "--version":
		case strings.HasPrefix(word, "-"):
			given, _, hasValue := strings.Cut(strings.TrimLeft(word, "-"), "=")
			j := slices.IndexFunc(flags, func(f cli.Flag) bool { return slices.Contains(f.Names(), given) })
			if j < 0 {
				return "there is no flag " + word
			}
			if _, isBool := flags[j].(*cli.BoolFlag); !isBool && !hasValue {
				i++
			}
		default:
			j := slices.IndexFunc(commands, func(c *cli.Command) bool { return c.HasName(word) })
			if j >= 0 {
				flags, commands, name = commands[j].Flags, commands[j].Subcommands, name+" "+word
				continue
			}
			if len(commands) > 0 && name != "ecsctl demo" {
				return "there is no command " + name + " " + word
			}
		}
	}
	return ""
}

// poolIn is the first pool of a file that describes several; "" is none.
func poolIn(text string) string {
	_, pools, several := strings.Cut(text, "\npools:\n  ")
	if !several {
		return ""
	}
	name, _, _ := strings.Cut(pools, ":")
	return name
}
