package commands_test

import "testing"

// On a terminal --watch shows each look in the place of the one before, until Ctrl-C.
func TestStatusWatchOnATerminal(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.Run(bootstrapArgs...)
	term := a.open("status", "--pool", "etl", "--watch", "--interval", "50ms")
	const again = "\x1b[H\x1b[2J"
	term.answer("api-key: ok", "")
	term.answer("\n"+again, "\x03")
	term.exits(0, again+`work pool "etl" is `)
}
