package console

import "os"

// Accessible reports whether questions are asked line by line: wished for by the flag or
// ACCESSIBLE, as huh's programs have it, or all that the terminal can do.
func Accessible(flag bool) bool {
	switch os.Getenv("ACCESSIBLE") {
	case "", "0", "false":
	default:
		return true
	}
	return flag || os.Getenv("TERM") == "dumb"
}
