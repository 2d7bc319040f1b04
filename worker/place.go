package worker

import (
	"context"
	"encoding/json"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"ecsctl/internal/poolplace"
	"ecsctl/prefect"
)

// checkPlace refuses to begin in another account or region than the one that the pool was set
// up in: its cluster, roles and network are there, and each launch here would fail. A pool
// with an AwsCredentials block says by itself where its tasks run.
func (h *heartbeat) checkPlace(ctx context.Context, pool *prefect.WorkPool) error {
	was, err := poolplace.Of(pool.BaseJobTemplate)
	if h.current.Load() != nil || err != nil || was == (poolplace.Place{}) || namesCredentials(pool.BaseJobTemplate) {
		return nil
	}
	here := poolplace.Place{Region: h.opts.AWS.Region}
	if err := was.Check(pool.Name, here); err != nil || was.Account == "" {
		return err
	}
	here.Account = accountOf(ctx, h.opts.AWS)
	return was.Check(pool.Name, here)
}

// namesCredentials reports whether the pool's own variables have an AwsCredentials block.
func namesCredentials(baseJobTemplate json.RawMessage) bool {
	var template struct {
		Variables struct {
			Properties struct {
				Credentials struct{ Default any } `json:"aws_credentials"`
			}
		}
	}
	err := json.Unmarshal(baseJobTemplate, &template)
	return err == nil && template.Variables.Properties.Credentials.Default != nil
}

// accountOf is the account of credentials; "" where STS does not tell.
func accountOf(ctx context.Context, cfg aws.Config) string {
	bounded, cancel := context.WithTimeout(ctx, accountTimeout)
	defer cancel()
	out, err := sts.NewFromConfig(cfg).GetCallerIdentity(bounded, &sts.GetCallerIdentityInput{})
	if err != nil {
		return ""
	}
	return aws.ToString(out.Account)
}
