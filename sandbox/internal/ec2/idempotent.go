package ec2

import (
	"fmt"

	"ecsctl/sandbox/internal/wire"
)

// creation is what a client token made, and from which parameters.
type creation struct {
	params string
	made   any
}

// once makes a thing, or gives back what the same call made before, by its client token.
// Without a token every call makes one.
func once[T any](s *Service, operation, token string, in any, create func() (T, error)) (T, error) {
	key, params := operation+" "+token, fmt.Sprintf("%+v", in)
	before, used := s.tokens[key]
	switch {
	case token == "" || !used:
		made, err := create()
		if err == nil && token != "" {
			s.tokens[key] = creation{params, made}
		}
		return made, err
	case before.params != params:
		var none T
		return none, wire.Errorf("IdempotentParameterMismatch",
			"Arguments on this idempotent request are inconsistent with arguments used in previous request(s).")
	default:
		return before.made.(T), nil
	}
}
