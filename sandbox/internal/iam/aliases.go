package iam

import (
	"context"
	"regexp"

	"ecsctl/sandbox/internal/wire"
)

var aliasSyntax = regexp.MustCompile(`^[a-z0-9]([a-z0-9]|-[a-z0-9]){2,62}$`)

func (s *Service) handleAliases() {
	wire.HandleQuery(s.Query, "ListAccountAliases", s.listAliases)
	wire.HandleQuery(s.Query, "CreateAccountAlias", s.createAlias)
	wire.HandleQuery(s.Query, "DeleteAccountAlias", s.deleteAlias)
}

type listAliasesAnswer struct {
	pageAnswer
	AccountAliases wire.Members[string]
}

func (s *Service) listAliases(_ context.Context, in *page) (*listAliasesAnswer, error) {
	var all []string
	if s.alias != "" {
		all = []string{s.alias}
	}
	aliases, next, err := paginate(all, *in)
	return &listAliasesAnswer{next, wire.Members[string]{Member: aliases}}, err
}

type aliasInput struct {
	AccountAlias string `query:"AccountAlias,required"`
}

// createAlias replaces the one alias that an account may have.
func (s *Service) createAlias(_ context.Context, in *aliasInput) (*struct{}, error) {
	if !aliasSyntax.MatchString(in.AccountAlias) {
		return nil, wire.Errorf("ValidationError", "1 validation error detected: Value '%s' at 'accountAlias' failed "+
			"to satisfy constraint: Member must satisfy regular expression pattern: "+
			"^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$", in.AccountAlias)
	}
	s.alias = in.AccountAlias
	return nil, nil
}

func (s *Service) deleteAlias(_ context.Context, in *aliasInput) (*struct{}, error) {
	if s.alias != in.AccountAlias {
		return nil, noSuchEntity("The account alias with name %s cannot be found.", in.AccountAlias)
	}
	s.alias = ""
	return nil, nil
}
