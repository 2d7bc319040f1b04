package console

import (
	"context"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"ecsctl/internal/awsconsole"
	"ecsctl/internal/plaintext"
)

// Link returns text that leads to an address where it is clicked, on a terminal that has links; elsewhere
// it is the text alone.
func Link(w io.Writer, text, address string) string {
	if !IsTerminal(w) || !hasLinks(os.Getenv) {
		return text
	}
	return plaintext.Link(text, address)
}

// LinkARN returns text that leads to the AWS console's page of an ARN. What is no AWS, as a sandbox, has
// no console.
func LinkARN(ctx context.Context, w io.Writer, text, arn string) string {
	clients := ReportingOf(ctx).clients
	address, ok := awsconsole.URL(arn)
	if !ok || clients == nil || clients.Endpoint != "" {
		return text
	}
	return Link(w, text, address)
}

// linking are the terminals, by TERM_PROGRAM and by the beginning of TERM, that show links (OSC 8). Others
// ignore the sequence, or show it as it is.
var (
	linkingPrograms = []string{"iTerm.app", "WezTerm", "vscode", "ghostty", "Hyper", "Tabby", "rio", "WarpTerminal"}
	linkingTerms    = []string{"xterm-kitty", "alacritty", "foot", "xterm-ghostty", "wezterm", "contour"}
)

// leastVTE is the first libvte, which GNOME Terminal and others are made of, that has links without a crash.
const leastVTE = 5000

// hasLinks reports whether the terminal is known to show links. FORCE_HYPERLINK says it for others, and
// against it with 0.
func hasLinks(env func(string) string) bool {
	if force := env("FORCE_HYPERLINK"); force != "" {
		return force != "0"
	}
	name := env("TERM")
	if name == "" || name == "dumb" || strings.HasPrefix(name, "screen") || strings.HasPrefix(name, "tmux") ||
		Accessible(false) {
		return false
	}
	vte, _ := strconv.Atoi(env("VTE_VERSION"))
	return vte >= leastVTE || env("WT_SESSION") != "" || env("KONSOLE_VERSION") != "" ||
		slices.Contains(linkingPrograms, env("TERM_PROGRAM")) ||
		slices.ContainsFunc(linkingTerms, func(known string) bool { return strings.HasPrefix(name, known) })
}
