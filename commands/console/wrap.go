package console

import (
	"regexp"
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// leastWidth is that of a window in which wrapping still helps.
const leastWidth = 30

// commandLine matches what a person copies into a shell: it stays in one piece, since a line
// break of ours would be copied too. The terminal's own is not. A fix that says more than one command is prose.
var commandLine = regexp.MustCompile(`^[│ ]*(?:(?:\$|next:|ecsctl|export|unset) \S|(?:fix|or): +(?:ecsctl|aws|prefect) [^;,]+$)`)

// introduction matches the line of a help that says what a command is for.
var introduction = regexp.MustCompile(`^ +ecsctl[a-z -]* - `)

// column matches the end of a column of a table or a plan.
var column = regexp.MustCompile(`\S {2,}`)

// marked matches a line that begins with a sign or with what it is.
var marked = regexp.MustCompile(`^[│ ]*(?:[^│\s\w]|\w+:) `)

// wrapper breaks lines between words at a width. The rest hangs below the line's last column,
// two blanks deeper than a mark, or just below the beginning.
type wrapper struct {
	at    int    // cells of the unfinished line, as shown
	begun string // what has come of it
	hang  string // what its rest begins with, once it is broken
}

// Wrap returns the text with line breaks between words for a window of width cells, as what is
// written to a terminal gets them.
func Wrap(text string, width int) string {
	var w wrapper
	return w.wrap(text, width)
}

// wrap returns the text with line breaks for a terminal of width cells.
func (w *wrapper) wrap(text string, width int) string {
	var out strings.Builder
	for line := range strings.Lines(text) {
		body, ended := strings.CutSuffix(line, "\n")
		w.line(&out, body, width)
		if ended {
			out.WriteByte('\n')
			*w = wrapper{}
		}
	}
	return out.String()
}

// line writes what a line goes on with: tables come cell by cell.
func (w *wrapper) line(out *strings.Builder, body string, width int) {
	first := w.begun == ""
	w.begun += ansi.Strip(body)
	if w.at+ansi.StringWidth(body) <= width || w.isCommand() || strings.Contains(body, "\t") {
		out.WriteString(body)
		w.at += ansi.StringWidth(body)
		return
	}
	if w.hang == "" {
		w.hang = hanging(w.begun, width)
	}
	// Blanks wait for the word behind them: at the end of a full line they would take a line.
	blanks := ""
	for _, word := range strings.SplitAfter(body, " ") {
		text := strings.TrimRight(word, " ")
		cells := len(blanks) + ansi.StringWidth(text)
		switch {
		case text == "":
			blanks += word
			continue
		case w.at+cells > width && !first && w.at > ansi.StringWidth(w.under(text, width)):
			hang := w.under(text, width)
			out.WriteString("\n" + hang + text)
			w.at = ansi.StringWidth(hang) + ansi.StringWidth(text)
		default:
			out.WriteString(blanks + text)
			w.at += cells
		}
		blanks, first = word[len(text):], false
	}
	if blanks = blanks[:min(len(blanks), max(0, width-w.at))]; blanks != "" {
		out.WriteString(blanks)
		w.at += len(blanks)
	}
}

func (w *wrapper) isCommand() bool {
	return commandLine.MatchString(w.begun) && !introduction.MatchString(w.begun)
}

// under is what a word on a line of its own begins with: a word that has no room below its column
// moves to the left.
func (w *wrapper) under(word string, width int) string {
	left := margin(w.begun) + "    "
	if len(w.hang) < len(left) || ansi.StringWidth(w.hang)+ansi.StringWidth(word) <= width {
		return w.hang
	}
	return left
}

// margin is what stands before the first word of a line.
func margin(line string) string { return line[:len(line)-len(strings.TrimLeft(line, " │"))] }

// hanging is what the second line of a long one begins with: below its last column, if that leaves half of
// the width.
func hanging(line string, width int) string {
	margin := margin(line)
	columns := column.FindAllStringIndex(line, -1)
	for _, c := range slices.Backward(columns) {
		if cells := ansi.StringWidth(line[:c[1]]); cells <= width/2 {
			return margin + strings.Repeat(" ", cells-ansi.StringWidth(margin))
		}
	}
	switch {
	case len(columns) > 0:
		return margin + "    "
	case marked.MatchString(line):
		return margin + "  "
	}
	return margin
}
