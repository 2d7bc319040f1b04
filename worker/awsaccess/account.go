package awsaccess

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// accountTimeout bounds the question for the account: nothing depends on its answer but who
// shares a quota with whom, and whether the pool is of another account.
const accountTimeout = 5 * time.Second

// AccountOf is the account of credentials; "" where STS does not tell within five seconds.
func AccountOf(ctx context.Context, cfg aws.Config) string {
	bounded, cancel := context.WithTimeout(ctx, accountTimeout)
	defer cancel()
	out, err := sts.NewFromConfig(cfg).GetCallerIdentity(bounded, &sts.GetCallerIdentityInput{})
	if err != nil {
		return ""
	}
	return aws.ToString(out.Account)
}

// limitsOf are the token buckets for credentials: those of one account and region share
// them, because they share AWS's quotas. Credentials whose account STS does not tell
// share those of the region.
func (s *Sets) limitsOf(ctx context.Context, cfg aws.Config) limits {
	place := cfg.Region
	if account := AccountOf(ctx, cfg); account != "" {
		place += " " + account
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.Limits == nil {
		s.Limits = map[string]limits{}
	}
	if s.Limits[place] == nil {
		s.Limits[place] = newLimits(s.rates)
		s.Limits[place].Divide(s.workers)
	}
	return s.Limits[place]
}

// Divide makes all rates those of one of so many workers.
func (s *Sets) Divide(workers int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.workers = workers
	for _, l := range s.Limits {
		l.Divide(workers)
	}
}
