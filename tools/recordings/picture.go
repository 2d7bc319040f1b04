package main

import (
	"bytes"
	"fmt"
	"image/color"
	"strings"

	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/vt"
)

// The picture of a terminal: a dark window, monospaced text in the terminal's own colours.
const (
	cellWidth, lineHeight = 8.4, 18
	padding               = 14
	background            = "#1b1f24"
	foreground            = "#d7dce2"
)

// palette are the sixteen colours that ecsctl uses by number.
var palette = [16]string{
	"#1b1f24", "#f47067", "#8ddb8c", "#f0c674", "#6cb6ff", "#dcbdfb", "#76d7d7", "#d7dce2",
	"#8b949e", "#ff938a", "#b4f1b4", "#ffdf9e", "#96d0ff", "#eedcff", "#b3f0ff", "#ffffff",
}

// picture is the screen as SVG, below the command line that led to it.
func (t *terminal) picture(args []string) []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	rows := usedRows(t.emu)
	var b bytes.Buffer
	openWindow(&b, t.emu.Width(), rows+1)
	writeLine(&b, 0, typed(args))
	for y := range rows {
		writeLine(&b, y+1, runsOf(t.emu, y))
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}

// openWindow begins a picture.
func openWindow(b *bytes.Buffer, cols, rows int) {
	width, height := float64(cols)*cellWidth+2*padding, rows*lineHeight+2*padding
	fmt.Fprintf(b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %d" `+
		`font-family="ui-monospace, Menlo, Consolas, monospace" font-size="14">`+"\n", width, height)
	fmt.Fprintf(b, `<rect width="100%%" height="100%%" rx="8" fill="%s"/>`+"\n", background)
}

// typed is the line with the command.
func typed(args []string) []run {
	return []run{{text: "$ ", fill: palette[8]}, {text: "ecsctl " + strings.Join(args, " "), fill: palette[15]}}
}

// usedRows is the number of rows up to the last with something in it.
func usedRows(emu *vt.Emulator) int {
	lines := strings.Split(emu.String(), "\n")
	for n := len(lines); n > 0; n-- {
		if strings.TrimSpace(lines[n-1]) != "" {
			return n
		}
	}
	return 0
}

// run is text of one style.
type run struct {
	text, fill string
	bold       bool
}

// runsOf are the runs of a row, without what is blank at its end.
func runsOf(emu *vt.Emulator, y int) []run {
	var out []run
	for x := 0; x < emu.Width(); x++ {
		text, style := " ", run{fill: foreground}
		if cell := emu.CellAt(x, y); cell != nil {
			if cell.Width == 0 && cell.Content == "" {
				continue // the second half of a wide character
			}
			text = cell.Content
			style.fill, style.bold = fillOf(cell.Style.Fg), cell.Style.Attrs&uv.AttrBold != 0
		}
		if last := len(out) - 1; last >= 0 && out[last].fill == style.fill && out[last].bold == style.bold {
			out[last].text += text
			continue
		}
		style.text = text
		out = append(out, style)
	}
	for n := len(out); n > 0; n-- {
		out[n-1].text = strings.TrimRight(out[n-1].text, " ")
		if out[n-1].text != "" {
			return out[:n]
		}
	}
	return nil
}

// fillOf is a colour of the palette, or the colour itself.
func fillOf(c color.Color) string {
	switch c := c.(type) {
	case nil:
		return foreground
	case ansi.BasicColor:
		return palette[c]
	}
	r, g, b, _ := c.RGBA()
	return fmt.Sprintf("#%02x%02x%02x", r>>8, g>>8, b>>8)
}

var escape = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

func writeLine(b *bytes.Buffer, row int, runs []run) {
	if len(runs) == 0 {
		return
	}
	fmt.Fprintf(b, `<text x="%d" y="%d" xml:space="preserve">`, padding, padding+lineHeight*(row+1)-5)
	for _, r := range runs {
		weight := ""
		if r.bold {
			weight = ` font-weight="bold"`
		}
		fmt.Fprintf(b, `<tspan fill="%s"%s>%s</tspan>`, r.fill, weight, escape.Replace(r.text))
	}
	b.WriteString("</text>\n")
}
