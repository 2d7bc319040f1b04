package spec

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/token"

	"ecsctl/internal/bounded"
)

// An ecsctl.yaml is plain settings, and much less than this: the time that its parser takes
// grows with the square of the tokens, and its memory with the depth.
const (
	maxSpecSize   = 64 << 10
	maxSpecTokens = 4096
	maxSpecDepth  = 8
)

// checkSyntax refuses what no settings need: what expands (aliases), what says that a value
// is something else (tags), numbers that would be read as others than they look, and
// a second document, which nobody would read.
func checkSyntax(name string, raw []byte) error {
	if len(raw) > maxSpecSize {
		return fmt.Errorf("%s: %w", name, &bounded.TooLargeError{Limit: maxSpecSize})
	}
	tokens := lexer.Tokenize(string(raw))
	if len(tokens) > maxSpecTokens {
		return fmt.Errorf("%s: it has more than %d words and signs", name, maxSpecTokens)
	}
	s := syntax{}
	for _, t := range tokens {
		if err := s.take(t); err != nil {
			return fmt.Errorf("%s:%d:%d: %w", name, t.Position.Line, t.Position.Column, err)
		}
	}
	return nil
}

// syntax is how far the tokens have been looked at.
type syntax struct {
	depth   int
	list    int // the line of the last "-"
	content bool
	ended   bool // the document has ended
}

func (s *syntax) take(t *token.Token) error {
	switch t.Type {
	case token.CommentType, token.DirectiveType:
		return nil
	case token.DocumentHeaderType:
		s.ended = s.content
		return nil
	case token.DocumentEndType:
		s.ended = true
		return nil
	}
	if s.ended {
		return errors.New("a second document begins here, and a settings file holds one")
	}
	s.content = true
	return s.allowed(t)
}

func (s *syntax) allowed(t *token.Token) error {
	switch t.Type {
	case token.AnchorType, token.AliasType, token.MergeKeyType, token.TagType, token.MappingKeyType:
		return fmt.Errorf("%q is not allowed in a settings file: write values out, without anchors, aliases and tags",
			t.Value)
	case token.MappingStartType, token.SequenceStartType:
		if s.depth++; s.depth > maxSpecDepth {
			return errors.New("it is nested too deeply")
		}
	case token.MappingEndType, token.SequenceEndType:
		s.depth--
	case token.SequenceEntryType:
		if s.list == t.Position.Line {
			return errors.New("a list inside a list is not a setting")
		}
		s.list = t.Position.Line
	default:
		return checkNumber(t)
	}
	return nil
}

// checkNumber refuses numbers that YAML would change: 1.9 to 1, 0o17 to 15, or 1.50 as a text
// to 1.5.
func checkNumber(t *token.Token) error {
	switch t.Type {
	case token.IntegerType, token.FloatType, token.BinaryIntegerType, token.OctetIntegerType, token.HexIntegerType,
		token.InfinityType, token.NanType:
		if n, err := strconv.Atoi(t.Value); err != nil || strconv.Itoa(n) != t.Value {
			return fmt.Errorf("%s is not a whole number: if it is text, put it in quotes", t.Value)
		}
	}
	return nil
}
