package secrets

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/schemas"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"ecsctl/sandbox/internal/wire"
)

func (s *Service) handleList() {
	wire.HandleJSON(s.JSON, "ListSecrets", schemas.ListSecretsRequest, schemas.ListSecretsResponse,
		"IncludePlannedDeletion MaxResults NextToken Filters SortOrder", s.listSecrets)
}

func (s *Service) listSecrets(_ context.Context, in *api.ListSecretsInput) (*api.ListSecretsOutput, error) {
	size := 100
	if in.MaxResults != nil {
		size = int(*in.MaxResults)
	}
	found, err := s.filter(in)
	if err != nil {
		return nil, err
	}
	page, next, err := wire.Page(found, in.NextToken, size,
		wire.Errorf("InvalidNextTokenException", "The NextToken value is invalid."))
	if err != nil {
		return nil, err
	}
	out := &api.ListSecretsOutput{SecretList: []types.SecretListEntry{}, NextToken: next}
	for _, sec := range page {
		out.SecretList = append(out.SecretList, types.SecretListEntry{
			ARN: &sec.arn, Name: &sec.name, Description: sec.description, KmsKeyId: sec.kmsKeyID,
			CreatedDate: &sec.created, LastChangedDate: &sec.changed, LastAccessedDate: sec.accessed,
			DeletedDate: sec.deleted, Tags: sec.tags, SecretVersionsToStages: sec.stages(),
		})
	}
	return out, nil
}

func (s *Service) filter(in *api.ListSecretsInput) ([]*secret, error) {
	s.expire()
	var found []*secret
	for _, sec := range s.secrets {
		if sec.deleted != nil && !aws.ToBool(in.IncludePlannedDeletion) {
			continue
		}
		ok, err := sec.matchesAll(in.Filters)
		if err != nil {
			return nil, err
		}
		if ok {
			found = append(found, sec)
		}
	}
	slices.SortFunc(found, func(a, b *secret) int {
		if c := a.created.Compare(b.created); c != 0 {
			return c
		}
		return strings.Compare(a.name, b.name)
	})
	if in.SortOrder != types.SortOrderTypeAsc {
		slices.Reverse(found)
	}
	return found, nil
}

func (sec *secret) matchesAll(filters []types.Filter) (bool, error) {
	for _, f := range filters {
		ok, err := sec.matches(f)
		if err != nil || !ok {
			return false, err
		}
	}
	return true, nil
}

// matches takes values as prefixes; "!" before one turns it round.
func (sec *secret) matches(f types.Filter) (bool, error) {
	texts, err := sec.texts(f.Key)
	if err != nil {
		return false, err
	}
	if len(f.Values) == 0 {
		return false, wire.Errorf("InvalidParameterException", "Invalid filter values for key: %s", f.Key)
	}
	fold := f.Key == types.FilterNameStringTypeDescription || f.Key == types.FilterNameStringTypeAll
	return slices.ContainsFunc(f.Values, func(value string) bool {
		prefix, negated := strings.CutPrefix(value, "!")
		hit := slices.ContainsFunc(texts, func(text string) bool {
			if fold {
				return strings.Contains(strings.ToLower(text), strings.ToLower(prefix))
			}
			return strings.HasPrefix(text, prefix)
		})
		return hit != negated
	}), nil
}

func (sec *secret) texts(key types.FilterNameStringType) ([]string, error) {
	var keys, values []string
	for _, t := range sec.tags {
		keys = append(keys, aws.ToString(t.Key))
		values = append(values, aws.ToString(t.Value))
	}
	switch key {
	case types.FilterNameStringTypeName:
		return []string{sec.name}, nil
	case types.FilterNameStringTypeDescription:
		return []string{aws.ToString(sec.description)}, nil
	case types.FilterNameStringTypeTagKey:
		return keys, nil
	case types.FilterNameStringTypeTagValue:
		return values, nil
	case types.FilterNameStringTypeAll:
		return slices.Concat([]string{sec.name, aws.ToString(sec.description)}, keys, values), nil
	default:
		return nil, wire.NotImplemented("the filter " + string(key) + " of ListSecrets")
	}
}
