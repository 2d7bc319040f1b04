package jobtemplate

import (
	"errors"
	"strings"
)

// defaultCommand runs the flow run that PREFECT__FLOW_RUN_ID names.
const defaultCommand = "prefect flow-run execute"

var (
	errOpenQuote  = errors.New("a quotation mark is not closed")
	errOpenEscape = errors.New("there is nothing after the last backslash")
)

// splitCommand splits a command as a POSIX shell would, without expanding anything.
func splitCommand(command string) ([]string, error) {
	s := shellSplitter{}
	for _, r := range command {
		s.next(r)
	}
	switch {
	case s.escaped:
		return nil, errOpenEscape
	case s.quote != 0:
		return nil, errOpenQuote
	}
	s.endWord()
	return s.words, nil
}

type shellSplitter struct {
	words   []string
	word    strings.Builder
	inWord  bool // even an empty pair of quotes is a word
	quote   rune // ' or " while inside
	escaped bool // after a backslash
}

func (s *shellSplitter) next(r rune) {
	switch {
	case s.escaped:
		// Within double quotes a backslash is only special before these two.
		if s.quote == '"' && r != '"' && r != '\\' {
			s.word.WriteRune('\\')
		}
		s.word.WriteRune(r)
		s.escaped = false
	case r == '\\' && s.quote != '\'':
		s.escaped, s.inWord = true, true
	case s.quote != 0 && r == s.quote:
		s.quote = 0
	case s.quote != 0:
		s.word.WriteRune(r)
	case r == '\'' || r == '"':
		s.quote, s.inWord = r, true
	case strings.ContainsRune(" \t\r\n", r):
		s.endWord()
	default:
		s.word.WriteRune(r)
		s.inWord = true
	}
}

func (s *shellSplitter) endWord() {
	if s.inWord {
		s.words = append(s.words, s.word.String())
	}
	s.word.Reset()
	s.inWord = false
}
